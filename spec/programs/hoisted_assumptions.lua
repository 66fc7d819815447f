-- What a loop seems not to change is changed after all: by callees, metamethods, finalizers, other coroutines.
local t = { limit = 10, data = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, scale = 2 }
local function touch(i)
  if i == 2000 then
    t.scale = 0.5
  elseif i == 2200 then
    t.data = { 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 }
  elseif i == 2400 then
    t.data[3] = "30"
  elseif i == 2500 then
    t.data = setmetatable({}, { __index = function(_, k)
      return k * 1000
    end })
  elseif i == 2600 then
    t.limit = 5
  end
end
local function run(n)
  local sum = 0
  for i = 1, n do
    touch(i)
    sum = sum + t.data[i % t.limit + 1] * t.scale
  end
  return sum
end
for _ = 1, 10 do
  run(100)
end
print(run(1999), run(2100))
t.scale, t.limit, t.data = 2, 10, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }
print(run(3000))

-- The table's parts move while it is read and written.
local function grow(n)
  local g, sum = { 0 }, 0
  for i = 1, n do
    local first = g[1]
    g[i + 1] = i
    g["k" .. i % 50] = i
    g[1] = first + 1
    sum = sum + g[1] + g[i + 1] + g["k" .. i % 50]
  end
  return sum, #g
end
print(grow(10), grow(3000))

local function shrink(n)
  local g = {}
  for i = 1, n do
    g[i] = i
  end
  local sum = 0
  for i = 1, n do
    local v = g[i]
    if v == nil then
      break
    end
    sum = sum + v
    if i % 100 == 0 then
      for j = n, n - 20, -1 do
        g[j] = nil
      end
      n = n - 21
      g[#g + 1] = 7
      n = n + 1
    end
  end
  return sum, #g
end
print(shrink(3000))

-- Finalizers run in the middle of the loop.
local shared = { x = 1, list = { 1, 2, 3 } }
local function with_finalizers(n)
  local sum = 0
  for i = 1, n do
    sum = sum + shared.x + shared.list[2]
    if i % 200 == 0 then
      setmetatable({}, { __gc = function()
        shared.x = i % 400 == 0 and shared.x + 1 or shared.x + 0.5
        shared.list = { i, tostring(i) * 1, i }
      end })
      collectgarbage()
    end
  end
  return sum
end
print(with_finalizers(100), with_finalizers(2000))

-- A coroutine works on the same values between two iterations.
local object = { value = 1 }
local changer = coroutine.wrap(function()
  local rounds = 0
  while true do
    rounds = rounds + 1
    if rounds == 1500 then
      object.value = "5"
    elseif rounds == 1600 then
      object = { value = 100 }
    elseif rounds == 1700 then
      setmetatable(object, { __newindex = function(o, k, v)
        rawset(o, k, v * 2)
      end })
      object.value = nil
    end
    coroutine.yield(rounds)
  end
end)
local total = 0
for _ = 1, 2000 do
  total = total + object.value
  object.value = (object.value + 1) % 50
  if changer() == 1700 then
    object.value = 4
  end
end
print(total, object.value)

-- Two names for one table.
local function alias(a, b, n)
  local s = 0
  for i = 1, n do
    a.f = i
    b.f = i * 2
    s = s + a.f
    a[1] = s
    b[1] = 7
    s = s + a[1]
  end
  return s
end
local one, two = {}, {}
for _ = 1, 20 do
  alias(one, two, 50)
end
print(alias(one, two, 2000), alias(one, one, 2000))

local function sizes(list, n)
  local s = 0
  for i = 1, n do
    s = s + #list
    if i % 100 == 0 then
      list[#list + 1] = i
    elseif i % 150 == 1 then
      list[#list] = nil
    end
  end
  return s
end
print(sizes({}, 50), sizes({}, 3000), sizes({ 1, 2, 3 }, 3000))
local lenient = setmetatable({}, { __len = function(self)
  return rawlen(self) * 10
end })
print(sizes({}, 100), pcall(sizes, lenient, 120), rawlen(lenient))

-- The global is one thing at the loop's start and another at its end.
function step(v)
  return v + 1
end
local function globals(n)
  local v = 0
  for i = 1, n do
    v = step(v)
    if i == 1800 then
      function step(w)
        return w + 0.5
      end
    elseif i == 1900 then
      step = math.floor
    elseif i == 1950 then
      step = setmetatable({}, { __call = function(_, w)
        return w + 100
      end })
    end
  end
  return v
end
print(globals(1000), globals(2000))
