-- numeric edges
local mi, ma = math.mininteger, math.maxinteger
local function p(...) print(...) end
local function loop(a, b, c)
  local n, first, last = 0
  for i = a, b, c do
    first = first or i
    last = i
    n = n + 1
    if n > 12 then break end
  end
  return n, first, last, math.type(last)
end
local L = {
  {1, 3, 1}, {3, 1, -1}, {ma - 2, ma, 1}, {ma - 2, ma, 2}, {mi + 2, mi, -1}, {mi + 2, mi, -2}, {ma, ma, 1}, {mi, mi, -1},
  {1, 3.7, 1}, {1, -3.7, -1}, {1, math.huge, 3}, {1, -math.huge, 1}, {1, -math.huge, -1}, {1.0, 3, 1}, {1, 3, 1.0}, {0.1, 1, 0.1},
  {1, 0/0, 1}, {0/0, 1, 1}, {1.0, 0/0, 1}, {1, 1e300, ma}, {mi, ma, ma}, {ma, mi, mi}, {mi, ma, mi}, {ma - 1, 1e100, 1}, {mi + 1, -1e100, -1},
  {1, 2^63, ma}, {-1, -2^63, mi}, {2^53, 2^53 + 4, 1}, {1.0, 2, 0.25}, {5, 1, 1}, {1, 5, -1}, {-0.0, 0, 1}, {0, -0.0, 1}, {3, 3.0, 1}, {3, 2.999, 1}, {-3, -3.5, -1}, {1, 2, ma}, {0, ma, ma}, {0, mi, mi},
}
for r = 1, 4 do for i, l in ipairs(L) do p(i, loop(table.unpack(l))) end end
local vals = {0, -0.0, 1, -1, 2, -3, 1.5, -2.5, mi, ma, mi + 0.0, 2^53, 2^63, 1/0, 0/0, 5e-324, 64, 63, -64, "10", "0x10", "a", "9223372036854775808"}
local ops = {
  function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end, function(a, b) return a / b end,
  function(a, b) return a // b end, function(a, b) return a % b end, function(a, b) return a ^ b end, function(a, b) return a & b end,
  function(a, b) return a | b end, function(a, b) return a ~ b end, function(a, b) return a << b end, function(a, b) return a >> b end,
  function(a, b) return a .. b end, function(a, b) return a == b end, function(a, b) return a < b end, function(a, b) return a <= b end,
  function(a, b) return a > b end, function(a, b) return a >= b end, function(a, b) return -a, ~b end, function(a, b) return math.max(a, b), math.min(b, a) end,
  function(a, b) return math.fmod(a, b) end, function(a, b) return math.floor(a), math.ceil(b) end, function(a, b) return math.tointeger(a), math.type(b) end,
  function(a, b) return a // 1, b // 1, a % 1 end, function(a, b) return a + 1, b - 1, 1 - a, 2 * b end, function(a, b) return a / 2, 2 / b, a ^ 2, 2 ^ b, a ^ 0.5 end,
  function(a, b) return a % 2, a % -2, a // 2, a // -2, 7 % b, 7 // b end, function(a, b) return a & 255, a << 1, 1 << b, a >> 1, 1 >> b, a << 63, a << 64, a << -1 end,
  function(a, b) return a < 5, a <= 5, a > 5, a >= 5, a == 5, a ~= 5, 5 < b, a < 5.5, a == 0, a == 0.0 end,
  function(a, b) if a < b then return 1 elseif a == b then return 2 elseif a > b then return 3 else return 4 end end,
  function(a, b) return math.abs(a), math.sqrt(b), math.ult(a, b) end,
  function(a, b) local t = {} t[a] = b return t[a], t[math.tointeger(a) or a], #t, next(t) end,
  function(a, b) return ("x"):rep(a), ("abc"):sub(a, b) end,
  function(a, b) return string.format("%d %s", a, b), string.format("%.3f", a), tostring(b) end,
  function(a, b) return -(-a), - - b, not a, a - -b end,
  function(a, b) return a + b * a - b / a end, function(a, b) return (a + b) * 1.0, (a * b) // 1 | 0 end,
}
local function call(f, a, b)
  local r = table.pack(pcall(f, a, b))
  for i = 1, r.n do
    local v = r[i]
    if v ~= v then v = "nan" end
    if v == 0 and math.type(v) == "float" then v = 1 / v > 0 and "0.0" or "-0.0" end
    r[i] = tostring(v)
  end
  return table.concat(r, " ")
end
for i, f in ipairs(ops) do
  local out = {}
  for x, a in ipairs(vals) do
    for y, b in ipairs(vals) do
      if i ~= 33 or (tonumber(a) and tonumber(a) < 100) then
      local s = call(f, a, b)
      out[#out + 1] = s end
    end
  end
  print(i, table.concat(out, "|"))
end
-- each with one kind only so that it is specialised, then others
for i, f in ipairs(ops) do
  if i ~= 33 then
  local src = string.dump(f)
  for k, ty in ipairs{"integer", "float"} do
    local g = load(src, "=g", "b")
    local env = debug.setupvalue(g, 1, _ENV)
    local out = {}
    for _, first in ipairs{true, false} do
      for x, a in ipairs(vals) do for y, b in ipairs(vals) do
        if not first or (math.type(a) == ty and math.type(b) == ty) then out[#out + 1] = call(g, a, b) end
      end end
    end
    print(i, ty, table.concat(out, "|"))
  end end
end
