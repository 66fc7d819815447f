-- Upvalues: shared, closed at the end of a block, rebound, of several levels.
local function make()
  local n = 0
  local function add(k)
    n = n + k
    return n
  end
  local function get()
    return n
  end
  return add, get
end
local add, get = make()
for i = 1, 5000 do
  add(i)
end
print(get())

local list = {}
for i = 1, 2000 do
  local j = i * 2
  list[i] = { function()
    j = j + 1
    return i + j
  end, function()
    return j
  end }
end
local sum = 0
for i = 1, #list do
  sum = sum + list[i][1]() + list[i][2]()
end
print(sum)

local function levels()
  local a = 1
  return function()
    local b = a
    a = a + 1
    return function()
      b = b + a
      return function()
        a, b = a + 1, b - 1
        return a * 1000 + b
      end
    end
  end
end
local outer = levels()
local last
for _ = 1, 2000 do
  last = outer()()()
end
print(last)

local function rebind()
  local value = 10
  local function reader()
    return value
  end
  local total = 0
  for i = 1, 4000 do
    value = value + (i % 3 == 0 and 0.5 or 1)
    total = total + reader()
    if i == 3000 then
      value = 7
    end
  end
  return total
end
print(rebind())

local up = { 0 }
local function through()
  for i = 1, 3000 do
    up[1] = up[1] + i
    if i == 1500 then
      up = { up[1] }
    end
  end
  return up[1]
end
print(through())

local i = 1
while i <= 3000 do
  local x = i
  local f = function()
    return x
  end
  if i % 1000 == 0 then
    x = x * 2
    print(f())
  end
  i = i + 1
end
