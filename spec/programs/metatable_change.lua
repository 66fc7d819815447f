-- Metatables that come, change and go while a loop is hot.
local log = 0
local meta = { __index = function(_, key)
  log = log + 1
  return key * 2
end }

local t = {}
local sum = 0
for i = 1, 6000 do
  if i == 2000 then
    setmetatable(t, meta)
  elseif i == 3000 then
    meta.__index = { [3001] = 7, [3500] = 11 }
  elseif i == 4000 then
    t[4001] = 1
  elseif i == 5000 then
    setmetatable(t, nil)
  end
  sum = sum + (t[i] or 0)
end
print(sum, log)

local Point = {}
Point.__index = Point
function Point.new(x, y)
  return setmetatable({ x = x, y = y }, Point)
end
function Point:length2()
  return self.x * self.x + self.y * self.y
end
local total = 0
for i = 1, 6000 do
  local p = Point.new(i, 1)
  total = total + p:length2()
  if i == 3000 then
    function Point:length2()
      return self.x
    end
  elseif i == 4500 then
    Point.__add = function(a, b)
      return Point.new(a.x + b.x, a.y + b.y)
    end
  end
  if i > 4500 then
    total = total + (p + p).x
  end
end
print(total)

local writes = {}
local proxy = setmetatable({}, { __newindex = function(self, key, value)
  writes[#writes + 1] = key
  rawset(self, key, value)
end })
for i = 1, 3000 do
  proxy[i % 100] = i
end
print(#writes, proxy[0], proxy[99])
getmetatable(proxy).__newindex = nil
proxy.other = 1
print(#writes, rawget(proxy, "other"))

local function field(o)
  return o.name
end
local a, b = { name = "a" }, setmetatable({}, { __index = { name = "b" } })
local n = { a = 0, b = 0, none = 0 }
for i = 1, 6000 do
  local o = i % 3 == 0 and a or i % 3 == 1 and b or {}
  local name = field(o) or "none"
  n[name] = n[name] + 1
end
print(n.a, n.b, n.none)
