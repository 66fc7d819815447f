-- Table accesses that were always of one kind, until they are not: holes, new keys, metamethods that appear,
-- events that a metatable lacked, shorter and longer arrays, keys of other types, old tables that refer to new values.
local function sum(t, n)
  local s = 0
  for i = 1, n do
    s = s + (t[i] or 1000)
  end
  return s
end
local t = {}
for i = 1, 100 do
  t[i] = i
end
for _ = 1, 60 do
  sum(t, 100)
end
print(sum(t, 100), sum(t, 105), sum({ 1.5, 2, nil, 4 }, 4), sum({}, 3))
t[50] = nil
print(sum(t, 100), sum(setmetatable({ 1, nil, 3 }, { __index = { [2] = 20 } }), 4))
print(sum(setmetatable({}, { __index = function(_, i) return i * 2 end }), 4))
print(pcall(sum, nil, 1))
print(select(2, pcall(sum, { {} }, 1)))
print(sum("no array", 3))

local function fill(to, n, value)
  for i = 1, n do
    to[i] = value
  end
  return #to
end
local plain = {}
for i = 1, 60 do
  fill(plain, 50, i)
end
print(fill(plain, 50, 7), fill(plain, 60, 8), fill({}, 10, "x"), plain[60])
local log = {}
local proxy = setmetatable({}, {
  __newindex = function(self, k, v)
    log[#log + 1] = k
    rawset(self, k, v)
  end,
})
print(fill(proxy, 5, 1), fill(proxy, 7, 2), table.concat(log, ","))
local partly = setmetatable({ 1, 2, nil, 4 }, { __newindex = function(_, k) log[#log + 1] = "no " .. k end })
fill(partly, 5, 9)
print(partly[1], partly[2], partly[3], partly[4], partly[5], table.concat(log, ","))
print(fill(plain, 3, nil), plain[3], plain[4])

-- Lengths move the limit of the array part without moving its end.
local moving = {}
for i = 1, 64 do
  moving[i] = i
end
for round = 1, 40 do
  for i = 64, 33, -1 do
    moving[i] = nil
  end
  local short = #moving
  for i = 33, 64 do
    moving[i] = round
  end
  if round % 20 == 0 then
    print(short, #moving, sum(moving, 64))
  end
end

-- Fields.
local function area(p)
  local s = p.w * p.h
  p.w = p.w + 1
  return s
end
local rect = { w = 1, h = 2 }
for _ = 1, 100 do
  area(rect)
end
rect.w = 1
print(area(rect), area(rect), area({ h = 3, w = 1.5, d = 0 }))
print(pcall(area, { w = 1 }))
print(pcall(area, { h = 1 }))
print(area(setmetatable({ w = 4 }, { __index = { h = 5 } })))
local sets = {}
local readonly = setmetatable({ h = 2 }, {
  __index = function()
    return 6
  end,
  __newindex = function(_, k, v)
    sets[#sets + 1] = k .. "=" .. v
  end,
})
print(area(readonly), area(readonly), table.concat(sets, " "))
print(pcall(area, 5))

-- An event that its metatable lacked, and was noted to lack, is overwritten where the slot is there.
local function set_index(mt, f)
  mt.__index = f
  return mt.__index == f
end
local mt = { __index = print, other = 1 }
local object = setmetatable({}, mt)
for i = 1, 100 do
  mt.__index = { i }
  set_index(mt, mt.__index)
end
mt.__index = nil
print(object.missing, object[1])
for _ = 1, 3 do
  set_index(mt, function(_, k)
    return "from " .. tostring(k)
  end)
end
print(object.missing, object[1])

-- Methods found in the class, in the object, and not any more.
local Class = {}
Class.__index = Class
function Class:get()
  return self.value
end
local function call(o, n)
  local s = 0
  for _ = 1, n do
    s = s + o:get()
  end
  return s
end
local o = setmetatable({ value = 2 }, Class)
for _ = 1, 60 do
  call(o, 20)
end
print(call(o, 10))
o.get = function(self)
  return -self.value
end
print(call(o, 10))
o.get = nil
print(call(o, 10))
local Derived = setmetatable({}, Class)
Derived.__index = Derived
local d = setmetatable({ value = 5 }, Derived)
print(call(d, 10))
Derived.get = function()
  return 1
end
print(call(d, 10), call(o, 10))
setmetatable(d, { __index = function() return function() return 7 end end })
print(call(d, 10))
Class.get = nil
print(pcall(call, o, 1))
getmetatable("").get = nil
print(pcall(call, "string", 1))

-- Keys of other types at one place.
local function by_key(from, k)
  return from[k]
end
for i = 1, 200 do
  by_key(t, i % 40 + 1)
end
print(by_key(t, 3), by_key(t, 3.0), by_key(t, "3"), by_key(t, 0), by_key(t, -1), by_key(t, math.mininteger), by_key(t, 1e300))
print(by_key({ x = 1 }, "x"), by_key(t, 2.5), by_key(t, true), pcall(by_key, nil, 1))
print(pcall(by_key, t, nil))

-- Old tables that come to refer to new ones.
local old = {}
for i = 1, 50 do
  old[i] = {}
end
collectgarbage()
local function renew(list, n)
  for i = 1, n do
    list[i] = { i, tostring(i) }
    list.last = list[i]
  end
end
old.last = {}
for round = 1, 60 do
  renew(old, 50)
  if round % 10 == 0 then
    collectgarbage(round % 20 == 0 and "step" or "collect")
  end
end
collectgarbage()
local n = 0
for i = 1, 50 do
  n = n + old[i][1] + #old[i][2]
end
print(n, old.last[2])
