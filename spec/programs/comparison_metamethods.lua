-- Comparisons with metamethods in hot loops: order, constants, yields, errors, hooks, equality of objects.
local T = {}
T.__index = T
local function key(v) return type(v) == "table" and v.k or v end
T.__lt = function(a, b) return key(a) < key(b) end
T.__le = function(a, b) return key(a) <= key(b) end
T.__eq = function(a, b) return a.k == b.k end
local function new(k) return setmetatable({ k = k }, T) end

local function orders(n)
  local lt, le, gt, ge, eq, ne = 0, 0, 0, 0, 0, 0
  local five = new(5)
  for i = 1, n do
    local v, w = new(i % 11), new(i % 7)
    if v < w then lt = lt + 1 end
    if v <= w then le = le + 1 end
    if v > w then gt = gt + 1 end
    if v >= w then ge = ge + 1 end
    if v == w then eq = eq + 1 end
    if v ~= five then ne = ne + 1 end
    if v < 4 then lt = lt + 100 end
    if v <= 4 then le = le + 100 end
    if v > 4 then gt = gt + 100 end
    if v >= 4 then ge = ge + 100 end
    if 3.0 < v then lt = lt + 10000 end
    if not (v < w) then ge = ge + 10000 end
    local b = v < w
    if b then eq = eq + 100 end
    while v < five and not (w < v) do v = new(v.k + 1) ne = ne + 100 end
  end
  return lt, le, gt, ge, eq, ne
end
for _ = 1, 3 do print(orders(500)) end

-- what the metamethod is given
local seen
local O = setmetatable({}, { __lt = function(a, b) seen = type(a) .. math.type(type(b) == "number" and b or a) return true end,
  __le = function(a, b) seen = type(a) .. tostring(type(b) == "number" and b or a) return nil end })
local function given(n)
  local out
  for i = 1, n do
    out = {}
    local r = O < 1 out[#out + 1] = seen .. tostring(r)
    r = O > 1 out[#out + 1] = seen .. tostring(r)
    r = O < 1.0 out[#out + 1] = seen .. tostring(r)
    r = 1 >= O out[#out + 1] = seen .. tostring(r)
    r = O >= 2.0 out[#out + 1] = seen .. tostring(r)
    r = O <= i out[#out + 1] = seen .. tostring(r)
  end
  return table.concat(out, " ")
end
print(given(600))

-- objects without __eq, of classes; one that gets it later
local A, B = {}, {}
local function same(n, late)
  local a, b, c = setmetatable({}, A), setmetatable({}, A), setmetatable({}, B)
  local s = 0
  for i = 1, n do
    local x = i % 3 == 0 and a or i % 3 == 1 and b or c
    if x == a then s = s + 1 end
    if x ~= c then s = s + 100 end
    if i == late then A.__eq = function() return true end end
  end
  A.__eq = nil
  return s
end
print(same(900), same(900, 450), same(900, 899), same(900))
print(pcall(function() local n = 0 for i = 1, 500 do if io.stdout == io.stderr then n = n + 1 end if io.stdout == io.stdout then n = n + 10 end end return n end))

-- numbers, strings and objects in turn; errors
local function mixed(n, odd)
  local s = 0
  for i = 1, n do
    local x = i % 3 == 0 and new(i) or i
    local y = i == n and odd or (i % 5 == 0 and new(3) or 3)
    if x < y then s = s + 1 end
  end
  return s
end
print(mixed(300, 3), mixed(1000, new(2)))
print(pcall(mixed, 999, "x"))
print(pcall(mixed, 1000, "x"))
print(pcall(mixed, 1000, {}))
local only = setmetatable({}, { __lt = function() error("in lt", 0) end })
print(pcall(function() local n = 0 for i = 1, 400 do if i < (i == 400 and only or 5) then n = n + 1 end end return n end))
print(pcall(function() local n = 0 for i = 1, 400 do if (i == 400 and only or 5) <= i then n = n + 1 end end return n end))

-- yields
local Y = {}
Y.__lt = function(a, b) coroutine.yield "lt" return a.k < b.k end
Y.__le = function(a, b) coroutine.yield "le" return a.k <= b.k end
Y.__eq = function(a, b) coroutine.yield "eq" return a.k == b.k end
local function yields(n)
  local s = 0
  for i = 1, n do
    local a, b = setmetatable({ k = i % 4 }, Y), setmetatable({ k = i % 3 }, Y)
    if a < b then s = s + 1 end
    if a <= b then s = s + 10 end
    if a == b then s = s + 100 else s = s + 1000 end
    if not (b < a) then s = s + 10000 end
  end
  return s
end
local co, count, r = coroutine.wrap(yields), {}, nil
repeat
  r = co(600)
  if type(r) == "string" then count[r] = (count[r] or 0) + 1 end
until type(r) ~= "string"
print(r, count.lt, count.le, count.eq)

-- a hook set inside is seen at the next line, whichever way the comparison goes; and a changed local
local lines, when, here = {}, nil, debug.getinfo(1, "l").currentline
local K = {}
K.__lt = function(a)
  if a.k == when then debug.sethook(function(_, line) lines[#lines + 1] = line - here end, "l") end
  if a.k == 777 then
    for i = 1, 9 do if debug.getlocal(2, i) == "s" then debug.setlocal(2, i, 5000000) end end
  end
  return a.k % 2 == 0
end
local function hooked(n)
  local s, k = 0, setmetatable({}, K)
  for i = 1, n do
    k.k = i
    if k < k then
      s = s + 1
    else
      s = s + 1000
    end
  end
  debug.sethook()
  return s
end
print(hooked(600))
for _, w in ipairs { 498, 499 } do
  lines, when = {}, w
  print(hooked(500), #lines, table.concat(lines, " "))
end
when = nil
print(hooked(900))
