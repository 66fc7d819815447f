-- Globals, _ENV, load, modules changed while in use.
counter = 0
local function bump()
  counter = counter + 1
  return counter
end
for _ = 1, 3000 do
  bump()
end
print(counter)

local accesses = 0
setmetatable(_G, { __index = function(_, name)
  accesses = accesses + 1
  return name == "late" and 5 or nil
end })
local function read()
  return late, missing
end
local sum = 0
for _ = 1, 2000 do
  local a, b = read()
  sum = sum + a + (b and 1 or 0)
end
print(sum, accesses)
late = 7
print((read()), accesses)
late = nil
setmetatable(_G, nil)
print((read()))

local function in_env(env)
  local _ENV = env
  for i = 1, 2000 do
    x = x + i
    y = x
  end
  return x
end
local env = { x = 0 }
print(in_env(env), env.y)
print(pcall(in_env, {}))
print(pcall(in_env, nil))

local floor = 0
for i = 1, 4000 do
  if i == 2000 then
    local original = math.floor
    math.floor = function(x)
      return original(x) + 1
    end
  end
  floor = floor + math.floor(i / 2)
end
print(floor)

local generated = {}
for i = 1, 60 do
  generated[i] = assert(load(("local x = ... local s = 0 for j = 1, 100 do s = s + x * %d end return s"):format(i)))
end
local g = 0
for round = 1, 5 do
  for i = 1, #generated do
    g = g + generated[i](round)
  end
end
print(g)
local chunk = load("value = (value or 0) + 1 return value", "=chunk", "t", env)
for _ = 1, 2000 do
  chunk()
end
print(env.value, value)
local pieces = { "return ", "1 ", "+ ", "41" }
local i = 0
print(load(function()
  i = i + 1
  return pieces[i]
end)())
print(load "syntax error here")
print(load(string.dump(bump), "d", "t"))
local copy = load(string.dump(function(n)
  local s = 0
  for j = 1, n do
    s = s + j
  end
  return s
end), "d", "b")
print(copy(3000), copy(10))

local function upvalue_env()
  local f = load "n = n + 1 return n"
  debug.setupvalue(f, 1, { n = 10 })
  for _ = 1, 1000 do
    f()
  end
  return f()
end
print(upvalue_env())
