-- Locals of a running loop that closures, hooks of metamethods and callees change behind its back.
local function changed_by_callee(n)
  local step, sum = 1, 0
  local function change(i)
    if i % 1000 == 0 then
      step = step + 1
    end
  end
  for i = 1, n do
    sum = sum + step
    change(i)
  end
  return sum, step
end
print(changed_by_callee(500))
print(changed_by_callee(5000))

local function changes_type(n, at)
  local x = 0
  local set = function(v)
    x = v
  end
  for i = 1, n do
    x = x + 1
    if i == at then
      set(x + 0.5)
    elseif i == at + 100 then
      set(tostring(x))
    end
  end
  return x, math.type(x)
end
for _ = 1, 20 do
  changes_type(100, 0)
end
print(changes_type(3000, 2800))

-- One variable seen by two closures, a fresh one in each iteration.
local function pairs_of(n)
  local getters, setters = {}, {}
  for i = 1, n do
    local v = i
    getters[i] = function()
      return v
    end
    setters[i] = function(x)
      v = x
    end
    if i % 2 == 0 then
      v = v + 1
    end
  end
  return getters, setters
end
local getters, setters = pairs_of(2000)
for i = 1, 2000, 3 do
  setters[i](i * 10)
end
local sum = 0
for i = 1, 2000 do
  sum = sum + getters[i]()
end
print(sum)

-- Captured after the loop has become hot.
local function late_capture(n)
  local a, b, f = 1, 2, nil
  for i = 1, n do
    a, b = b, (a + b) % 1000
    if i == n - 5 then
      f = function(x)
        a = a + x
        return a
      end
    end
    if f then
      f(1000)
    end
  end
  return a, b, f and f(0)
end
for _ = 1, 10 do
  late_capture(100)
end
print(late_capture(3000))

local function condition()
  local go, n = true, 0
  local stop = setmetatable({}, { __index = function(_, k)
    if k == 2500 then
      go = false
    end
    return k
  end })
  while go do
    n = n + 1
    n = stop[n]
  end
  return n
end
print(condition())

local function by_operator(n)
  local total = 0
  local object = setmetatable({}, { __add = function(_, i)
    total = total + i
    return i
  end, __eq = function()
    total = total + 1
    return true
  end, __lt = function(_, _)
    total = total + 2
    return false
  end, __concat = function()
    total = total + 3
    return ""
  end, __len = function()
    total = total + 4
    return 0
  end, __call = function(_, x)
    total = total - x
  end, __newindex = function(_, _, v)
    total = total + v
  end, __unm = function()
    total = total + 5
  end })
  local other = setmetatable({}, getmetatable(object))
  for i = 1, n do
    local before = total
    local r = object + i
    if object == other and object < other then
      r = r + 1
    end
    r = r + #(object .. "x") + #object
    object(i // 2)
    object.field = 7
    r = -object
    total = total + (before % 2) + (r and 1 or 0)
  end
  return total
end
print(by_operator(10), by_operator(2000))

-- Parameters and the loop's own variable.
local function parameter(x, n)
  local function double()
    x = x * 2 % 1000003
  end
  for i = 1, n do
    local j = i
    local function next_j()
      j = j + 1
    end
    next_j()
    if j % 3 == 0 then
      double()
    end
    x = x + j
  end
  return x
end
print(parameter(1, 100), parameter(1, 3000), parameter(0.5, 30))
local repeated = 0
repeat
  local current = repeated
  local inc = function()
    current = current + 1
    return current
  end
  repeated = inc()
until current >= 3000                  -- sees the block's local
print(repeated)

-- Better code is asked for in the middle of a loop, by a function that native code called: its locals stay as they are.
for _, n in ipairs { 10, 15, 20, 30, 40, 60, 100 } do
  local f, total = load(string.dump(late_capture)), 0
  for _ = 1, 60 do
    local a, b, c = f(n)
    total = total + a + b + c
  end
  print(n, total)
end
