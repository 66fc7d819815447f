-- Operators with metamethods in hot loops: kinds of operands, order, yields, errors, changes on the way.
local V = {}
V.__index = V
local function new(x) return setmetatable({ x = x }, V) end
local function val(v) return type(v) == "table" and v.x or v end
local function op(f) return function(a, b) return new(f(val(a), val(b))) end end
V.__add = op(function(a, b) return a + b end)
V.__sub = op(function(a, b) return a - b end)
V.__mul = op(function(a, b) return a * b end)
V.__div = op(function(a, b) return a / b end)
V.__mod = op(function(a, b) return a % b end)
V.__pow = op(function(a, b) return a ^ b end)
V.__idiv = op(function(a, b) return a // b end)
V.__band = op(function(a, b) return a & b end)
V.__bor = op(function(a, b) return a | b end)
V.__bxor = op(function(a, b) return a ~ b end)
V.__shl = op(function(a, b) return a << b end)
V.__shr = op(function(a, b) return a >> b end)
V.__unm = function(a, b) assert(rawequal(a, b)) return new(-a.x) end
V.__bnot = function(a) return new(~a.x) end

local function all(n, start)
  local v, w, s = new(start), new(3), 0
  for i = 1, n do
    v = v + w
    v = v - 1
    v = 7 - v
    v = v * 2
    v = v // 1
    v = v % 1000
    v = 1000 % (v + 1)
    v = v & 255
    v = 16 | v
    v = v ~ 5
    v = v << 2
    v = 1 << (v & 7)
    v = v >> 1
    v = 4096 >> (v & 3)
    v = -v
    v = ~v
    s = s + v.x + (v / 4).x + (2 / (v + 1000000)).x + (v ^ 1).x
    s = s % 1000003
  end
  return s
end
for i = 1, 4 do print(all(400, i)) end

-- numbers and objects in turn
local function mixed(n)
  local s, v, k = 0, new(2), 0
  for i = 1, n do
    local x = i % 3 == 0 and v or i
    local y = x + 1
    if type(y) == "table" then s, k = s + y.x, k + 1 else s = s + y end
    y = 10 - x
    s = s + val(y)
  end
  return s, k
end
print(mixed(50), mixed(3000))

-- operands, as the metamethod is given them
local seen = {}
local O = setmetatable({}, { __add = function(a, b) seen[#seen + 1] = type(a) .. type(b) return 1 end,
  __sub = function(a, b) seen[#seen + 1] = tostring(a == b) .. tostring(b) return 1 end,
  __shl = function(a, b) seen[#seen + 1] = type(a) .. tostring(b) return 1 end,
  __shr = function(a, b) seen[#seen + 1] = type(a) .. tostring(b) return 1 end })
local function order(n)
  local r = 0
  for i = 1, n do
    seen = {}
    r = r + (O + 1) + (1 + O) + (O + i) + (i + O) + (O + "x") + ("x" + O) + (O - 1) + (O - -5) + (O << 3) + (O >> 3)
      + (O - 1.5)
  end
  return r, table.concat(seen, " ")
end
print(order(2000))

-- strings are converted by metamethods of theirs
local function strings(n)
  local s = 0
  for i = 1, n do s = s + "10" + (i % 2 == 0 and "0x10" or 1) * "2" - -"3" end
  return s
end
print(strings(100), strings(1000))

-- errors, in the middle and at the end
local function fails(n, bad)
  local v = new(1)
  local t = { field = v }
  for i = 1, n do
    if i == n then t.field = bad end
    v = v + t.field
  end
  return v.x
end
for i = 1, 3 do print(fails(500, new(2))) end
print(pcall(fails, 500, nil))
print(pcall(fails, 500, 3))
local function named(n)
  local v, other = new(1), {}
  for i = 1, n do
    local b = i < n and v or other
    v = v + 1
    if i == n then return other + b, v end
  end
end
print(pcall(named, 2000))
local function negative(n) local x, y = new(5), 0 for i = 1, n do local z = i == n and {} or x y = y + (-z).x end return y end
print(negative and pcall(negative, 900))
V.__add = function(a, b) if val(b) == 77 then error("seventy-seven", 2) end return new(val(a) + val(b)) end
local function raises(n) local v = new(0) for i = 1, n do v = v + (i == n and 77 or 1) end return v end
print(pcall(raises, 900))
print(select(2, xpcall(raises, function(m) return (debug.traceback(m):gsub("%[C%].*", "")) end, 900)))

-- yields
V.__mul = function(a, b) coroutine.yield(val(a)) return new(val(a) + val(b)) end
V.__unm = function(a) coroutine.yield "minus" return new(a.x + 1) end
local function yields(n)
  local v = new(0)
  for i = 1, n do
    v = v * 1
    if i % 5 == 0 then v = -v end
  end
  return v.x
end
local co, sum, last = coroutine.wrap(yields), 0, nil
repeat
  last = sum
  local r, more = co(800), true
  if r == "minus" then sum = sum + 1000 elseif r then sum = sum + r end
until sum > 200000
print(sum, last)

-- the metamethod is replaced, goes away, comes back
local M = { __add = function() return 1 end }
local object = setmetatable({}, M)
local function changes(n)
  local s = 0
  for i = 1, n do
    if i == n // 2 then M.__add = function() return 100 end end
    local ok, r = pcall(function() return object + i end)
    s = s + (ok and r or 10000)
    if i == n - 2 then M.__add = nil end
  end
  M.__add = function() return 1 end
  return s
end
print(changes(1000), changes(1000))
local function plain(n)
  local s = 0
  for i = 1, n do
    if i == n // 2 then M.__add = function(_, b) return b end end
    s = s + (object + i)
    if i == n - 1 then M.__add = setmetatable({}, { __call = function(_, _, b) return b * 2 end }) end
  end
  M.__add = function() return 1 end
  return s
end
print(plain(1000), plain(10))
-- collections inside
V.__add = function(a, b) collectgarbage "step" return new(val(a) + val(b)) end
local function collects(n) local v = new(0) for i = 1, n do v = v + new(i) end return v.x end
print(collects(600))

-- a hook that a metamethod sets sees what comes behind the operator, once
local H = setmetatable({}, {})
local lines, active = {}, false
getmetatable(H).__add = function(_, i)
  if i == active then debug.sethook(function(_, line) lines[#lines + 1] = line end, "l") end
  return i
end
getmetatable(H).__unm = function()
  if active == "minus" then debug.sethook(function(_, line) lines[#lines + 1] = line end, "l") end
  return 1
end
local here = debug.getinfo(1, "l").currentline
local function sets_hook(n)
  local s = 0
  for i = 1, n do
    s = s + (H + i)
    s = s + 1
    s = s - -H
    s = s + 2
  end
  debug.sethook()
  return s
end
print(sets_hook(1000))
active = 499
print(sets_hook(500))
for i = 1, #lines do lines[i] = lines[i] - here end
print(#lines, table.concat(lines, " "))
lines, active = {}, "minus"
print(sets_hook(1))
for i = 1, #lines do lines[i] = lines[i] - here end
print(#lines, table.concat(lines, " "))
-- and a local variable that it changes is seen
local L = setmetatable({}, { __add = function(_, i)
  if i == 700 then
    for k = 1, 9 do if debug.getlocal(2, k) == "s" then debug.setlocal(2, k, -1000000) end end
  end
  return i
end })
local function changed(n)
  local s, t = 0, 0
  for i = 1, n do
    t = t + (L + i)
    s = s + 1
  end
  return s, t
end
print(changed(600), changed(1000))
