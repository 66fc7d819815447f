-- yields across everything
local y = coroutine.yield
local mt = {}
for _, e in ipairs{"add","sub","mul","div","mod","pow","unm","idiv","band","bor","bxor","shl","shr","bnot","concat","len","eq","lt","le","index","newindex","call","close"} do
  mt["__" .. e] = function(a, b, c) local r = y(e, type(a) == "table" and a.n or a, type(b) == "table" and rawget(b, "n") or b); return r end
end
local function new(n) return setmetatable({n = n}, mt) end
local function body(i)
  local a, b = new(1), new(2)
  local acc = {}
  local function put(...) acc[#acc + 1] = table.concat({tostring((...)), select("#", ...)}, ":") end
  put(a + b) put(a - 1) put(2 * a) put(a / b) put(a % 3) put(a ^ b) put(-a) put(a // 2) put(a & 1) put(a | b)
  put(a ~ b) put(a << 1) put(1 >> a) put(~a) put(a .. b) put("x" .. a) put(a .. "x" .. "y") put(#a)
  put(a == b) put(a < b) put(a <= b) put(a > 1) put(1 >= a) put(a ~= b)
  put(a.foo) put(a[i]) a.bar = i; a[i] = i
  put(a(i, 2, 3)) put((a(i)))
  if a < b then put("lt") else put("nlt") end
  if not (a == b) then put("ne") end
  local x = a < b and a.z or a.w
  put(x)
  do local c <close> = new(3); put(i) end
  for k = 1, 2 do local c <close> = new(k); if k == 2 then break end end
  local function it(s, c) c = c + 1; y("iter", c); if c <= 3 then return c, c * i end end
  for k, v in it, nil, 0 do put(k, v) end
  for k, v in (function(s, c) if c < 2 then return y("it2", c) + c, i end end), nil, 0, new(9) do put(k) end
  put(pcall(function() y("inpcall") error("e" .. i) end))
  put(select(2, xpcall(function() y("inx") local z = a + nil end, function(m) return "H" .. tostring(m) end)))
  put(table.concat(table.pack(y("pack", 1, 2)), ","))
  table.sort({3, 1, 2}, function(p, q) return p < q end)
  put((function(...) return y(...), ... end)(i, i + 1))
  local t = setmetatable({}, {__index = function(t, k) return y("idx", k) end, __newindex = function(t, k, v) y("nidx", k) rawset(t, k, v) end})
  put(t.a) t.b = i put(t.b)
  put(t[i + 0.5])
  return table.concat(acc, " ")
end
for round = 1, 4 do
  local co = coroutine.wrap(body)
  local r = table.pack(co(round))
  local n = 0
  while true do
    n = n + 1
    if type(r[1]) == "string" and r.n == 1 and #r[1] > 60 then print(round, n, r[1]) break end
    for i = 1, r.n do r[i] = tostring(r[i]) end
    print(table.concat(r, " "))
    r = table.pack(co(n % 3 == 0 and n or n % 3 == 1 and n / 2 or n))
    if n > 300 then break end
  end
end
-- C boundary
for i = 1, 5 do
  print(pcall(coroutine.wrap(function() table.sort({3, 2, 1}, function(a, b) y() return a < b end) end)))
  print(pcall(coroutine.wrap(function() return ("x"):gsub(".", function() y() end) end)))
  local co = coroutine.create(function() local t = setmetatable({}, {__gc = y}); t = nil; collectgarbage() end)
  print(coroutine.resume(co))
  local co = coroutine.create(function(a) local b <close> = setmetatable({}, {__close = function() print("closed", a) end}) y(a) end)
  coroutine.resume(co, i)
  print(coroutine.close(co), coroutine.status(co))
  local co
  co = coroutine.wrap(function() return pcall(co) end)
  print(co())
  print(coroutine.isyieldable(), select(2, coroutine.running()))
end
