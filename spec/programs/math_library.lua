-- The math library in loops: results of both number types, bad arguments, replaced functions.
local floor, ceil, abs, max, min, sqrt, fmod, modf = math.floor, math.ceil, math.abs, math.max, math.min, math.sqrt,
  math.fmod, math.modf

local sum = 0
for i = -3000, 3000 do
  local f = i / 7
  sum = sum + floor(f) * 3 + ceil(f) * 5 + abs(i) + abs(f) + max(i, f, 0) - min(i, f, 0)
end
print(string.format("%.6f", sum))
local s = 0.0
for i = 1, 5000 do
  s = s + sqrt(i) + math.sin(i) * math.cos(i) + math.exp(-i / 100) + math.log(i) + math.log(i, 2) + fmod(i, 7) + fmod(i, 2.5)
end
print(string.format("%.6f", s))

local types = {}
for i = 1, 3000 do
  local v = i % 3 == 0 and floor(i + 0.5) or i % 3 == 1 and floor(1e300) or ceil(-0.5)
  local t = math.type(v)
  types[t] = (types[t] or 0) + 1
end
print(types.integer, types.float)
print(floor(-0.0), ceil(-0.5), floor(2 ^ 62), floor(2 ^ 63), floor(-2.5), floor(7), ceil(math.huge), floor "3.7")
print(max(1, 2.5), max(2, 2.0), min(2, 2.0), min(-0.0, 0.0), max(1), abs(math.mininteger), abs(-0.0))
print(modf(3.7), modf(-3.7), modf(5), modf(math.huge), fmod(-7, 3), fmod(7, -3), fmod(-7.5, 2))
print(pcall(max), pcall(floor, "x"))
print(pcall(fmod, 1, 0))
print(fmod(1, 0.0) ~= fmod(1, 0.0), math.tointeger(3.0), math.tointeger(3.5), math.tointeger "x", math.ult(-1, 1))

local function call_floor(x)
  return math.floor(x)
end
local total = 0
for i = 1, 3000 do
  total = total + call_floor(i / 2)
end
print(total)
print(pcall(call_floor, nil))
print(pcall(call_floor, {}))
print(call_floor "12.9", call_floor(2 ^ 70))
local saved = math.floor
math.floor = function(x)
  return "floor of " .. x
end
print(call_floor(1.5))
math.floor = saved
print(call_floor(1.5))
math.floor = nil
print(pcall(call_floor, 1.5))
math.floor = saved

local function pick(n)
  local a, b = 0, 0
  for i = 1, n do
    a = max(a, i % 97, i % 89)
    b = min(b, -(i % 83), i)
  end
  return a, b
end
print(pick(5000))
math.randomseed(42)
local in_range = true
for _ = 1, 3000 do
  local r, q = math.random(), math.random(10, 20)
  in_range = in_range and r >= 0 and r < 1 and q >= 10 and q <= 20 and math.type(q) == "integer"
end
print(in_range)
print(2 ^ 0.5, 10 // 0.3, 1e308 * 10, -7 % 0.7 < 0.7, 0.1 + 0.2 == 0.3, 3 % -math.huge)
-- the least and the greatest of several: kinds, ties, NaN, and what is no number on the way
local nan = 0 / 0
local function several(n, a, b, c, d)
  local out
  for _ = 1, n do
    out = table.concat({ tostring(max(a, b, c)), tostring(min(a, b, c)), tostring(max(a, b, c, d)), tostring(min(a, b, c, d)),
      tostring(max(d, c, b, a, 5)), tostring(min(d, c, b, a, -5)) }, " ")
  end
  return (out:gsub("-nan", "nan"))
end
for _, t in ipairs { { 1, 2, 3, 4 }, { 4, 3, 2, 1 }, { 1.5, 1, 2, 2.0 }, { 2.0, 2, 1, 1.0 }, { nan, 1, 2, 3 }, { 1, nan, 2, 0 },
  { 3, 2, nan, 1 }, { 0.0, -0.0, 0.0, -0.0 }, { -0.0, 0.0, 0, -0.0 }, { math.mininteger, math.maxinteger, 2.0 ^ 63, -2.0 ^ 63 },
  { math.maxinteger, 2.0 ^ 53 + 1, math.maxinteger - 1, 1e308 }, { math.huge, -math.huge, nan, 0 } } do
  print(several(300, table.unpack(t)))
end
local function until_wrong(n, wrong)
  local s = 0
  for i = 1, n do
    local x = i
    if i == n then x = wrong end
    s = s + min(x, 7, i // 2) + max(1, i % 5, x)
  end
  return s
end
print(until_wrong(400, 1), until_wrong(400, 2.5), pcall(until_wrong, 400, "12"))
print(pcall(until_wrong, 500, {}))
print(pcall(until_wrong, 500, nil))
