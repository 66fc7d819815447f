-- Variables, fields, elements and results whose types change after the code is hot.
local function sum(list)
  local s = 0
  for i = 1, #list do
    s = s + list[i]
  end
  return s
end
local ints, floats, mixed = {}, {}, {}
for i = 1, 1000 do
  ints[i], floats[i], mixed[i] = i, i + 0.5, i % 2 == 0 and i or i + 0.25
end
for _ = 1, 10 do
  sum(ints)
end
print(sum(ints), sum(floats), sum(mixed))
ints[700] = 0.5
print(sum(ints))
ints[700] = "5"
print(sum(ints))
ints[700] = math.maxinteger
print(sum(ints), math.type(sum(ints)))

local function accumulate(n, change)
  local x = 1
  for i = 1, n do
    if i == change then
      x = x + 0.5
    end
    x = x + 1
  end
  return x, math.type(x)
end
print(accumulate(4000, -1))
print(accumulate(4000, 3990))
print(accumulate(4000, 1))

local function describe(v)
  if v then
    return type(v)
  end
  return v == nil and "nothing" or "false"
end
local values = { 1, "s", 1.5, {}, print, true, coroutine.create(print) }
local n = {}
for i = 1, 4000 do
  local d = describe(i > 3000 and values[i % 7 + 1] or i)
  n[d] = (n[d] or 0) + 1
end
print(n.number, n.string, n.table, n["function"], n.boolean, n.thread, describe(nil), describe(false))

local o = { v = 1 }
local function step(obj)
  obj.v = obj.v + 1
  return obj.v
end
for _ = 1, 3000 do
  step(o)
end
o.v = o.v + 0.5
print(step(o))
o.v = "10"
print(step(o), math.type(o.v))
o.v = nil
print(pcall(step, o))
o.v = setmetatable({}, { __add = function()
  return "added"
end })
print(step(o))

local function either(a, b)
  local r = a and b or not a
  return r
end
local falsy = 0
for i = 1, 3000 do
  if not either(i % 2 == 0, i % 3 == 0) then
    falsy = falsy + 1
  end
end
print(falsy, either(nil, 1), either(1, nil), either(false, false), either(0, "x"))

local swap_a, swap_b = 1, "one"
for _ = 1, 3001 do
  swap_a, swap_b = swap_b, swap_a
end
print(swap_a, swap_b)

local function id(x)
  return x
end
local r = 0
for i = 1, 5000 do
  local v
  if i < 3000 then
    v = id(i)
  elseif i < 4000 then
    v = id(i * 0.5)
  else
    v = id(tostring(i))
  end
  r = r + v
end
print(r)
