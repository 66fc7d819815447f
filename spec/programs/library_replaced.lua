-- Library functions that native code may know are replaced, wrapped and restored while their callers are hot.
local function through_global(n)
  local s = 0
  for i = 1, n do
    s = s + math.floor(i / 3) + math.max(i, 10) + math.abs(-i) + math.sqrt(16)
  end
  return s
end
for _ = 1, 20 do
  through_global(100)
end
print(through_global(2000))
local floor, max, abs, sqrt = math.floor, math.max, math.abs, math.sqrt
math.floor = math.ceil
print(through_global(2000))
math.floor = function(x)
  return floor(x) * 2
end
print(through_global(2000))
math.max = math.min
math.abs = tostring
print(through_global(2000))
math.sqrt = nil
print(pcall(through_global, 10))
math.floor, math.max, math.abs, math.sqrt = floor, max, abs, sqrt
print(through_global(2000))
local saved = math
math = { floor = function() return 1 end, max = function() return 2 end, abs = function() return 3 end,
  sqrt = function() return 4 end }
print(through_global(2000))
math = nil
print(pcall(through_global, 10))
math = setmetatable({}, { __index = saved })
print(through_global(2000))
math = saved

local f = math.floor
local function through_upvalue(n)
  local s = 0
  for i = 1, n do
    s = s + f(i + 0.75)
  end
  return s
end
for _ = 1, 20 do
  through_upvalue(100)
end
print(through_upvalue(2000))
f = math.ceil
print(through_upvalue(2000))
f = function(x)
  return x
end
print(through_upvalue(2000))
f = setmetatable({}, { __call = function(_, x)
  return x * 2
end })
print(through_upvalue(2000))
f = nil
print(pcall(through_upvalue, 1))

-- In the middle of the loop.
local function midway(n)
  local s = 0
  for i = 1, n do
    if i == n // 2 then
      string.byte = function()
        return 1000
      end
    end
    s = s + string.byte("a")
  end
  return s
end
local byte = string.byte
print(midway(4000))
string.byte = byte

-- Arguments that the fast way does not take.
local function apply(g, ...)
  return g(...)
end
local function floors(x)
  return math.floor(x)
end
for i = 1, 3000 do
  floors(i + 0.5)
end
print(floors(7), floors(-7.5), floors(2 ^ 53), floors(2 ^ 70), floors(-0.0), floors("3.7"), floors(math.huge))
print(pcall(floors), pcall(floors, {}), pcall(floors, "x"), pcall(floors, nil))
print(floors(0 / 0) ~= floors(0 / 0))
local function extremes(a, b)
  return math.max(a, b), math.min(a, b)
end
for i = 1, 3000 do
  extremes(i, 1500)
end
print(extremes(1, 1.0), extremes(1.0, 1), extremes(-0.0, 0.0))
print(extremes(0.0, -0.0), extremes(math.maxinteger, math.maxinteger + 0.0))
print(pcall(extremes, 1, "2"), pcall(extremes, {}, 1), pcall(math.max))
local nan = 0 / 0
local function is_nan(x)
  return x ~= x and "nan" or x
end
print(is_nan(math.max(nan, 1)), is_nan(math.max(1, nan)), is_nan(math.min(nan, 1)), is_nan(math.min(1, nan)))
print(math.abs(math.mininteger), math.abs(-0.0), math.sqrt(2), is_nan(math.sqrt(-1)), pcall(math.sqrt, "x"))
print(apply(math.floor, 1.5, 2.5), apply(math.max, 1, 2, 3, 4.5), apply(math.min, 3), math.ceil(-0.5), math.ceil(1e300))

local function types(v)
  return type(v), rawequal(v, v), rawlen and #type(v), select("#", v), tostring(nil)
end
for i = 1, 3000 do
  types(i)
end
print(types(nil))
type = function()
  return "?"
end
print(types(5))
type = nil
print(pcall(types, 5))
