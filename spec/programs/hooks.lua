-- Debug hooks set, changed and removed while functions are hot.
local function work(n)
  local s = 0
  for i = 1, n do
    s = s + i % 7
  end
  return s
end
for _ = 1, 50 do
  work(100)
end

local lines = {}
debug.sethook(function(_, line)
  lines[#lines + 1] = line
end, "l")
work(3)
debug.sethook()
print(#lines, table.concat(lines, " ", 1, 10))

local events = {}
debug.sethook(function(event)
  local info = debug.getinfo(2, "S")
  events[#events + 1] = event .. ":" .. info.what .. ":" .. info.linedefined
end, "cr")
work(2)
math.abs(-1)
debug.sethook()
print(table.concat(events, " "))

local count = 0
debug.sethook(function()
  count = count + 1
end, "", 100)
work(10000)
debug.sethook()
print(count > 100, debug.gethook())

-- A hook that is set in the middle of a loop sees its next lines, and a removed one sees no more.
local seen = 0
local function middle(n)
  local s = 0
  for i = 1, n do
    if i == 2000 then
      debug.sethook(function()
        seen = seen + 1
      end, "l")
    end
    if i == 2010 then
      debug.sethook()
    end
    s = s + i
  end
  return s
end
print(middle(4000), seen)
seen = 0
print(middle(4000), seen)

local stopped = 0
local function interruptible()
  while true do
    stopped = stopped + 1
  end
end
debug.sethook(function()
  error("interrupted", 0)
end, "", 100000)
print(pcall(interruptible))
debug.sethook()
print(stopped > 1000)

local function named(a)
  local b = a * 2
  local c = b + 1
  return c
end
for i = 1, 1000 do
  named(i)
end
local locals = {}
debug.sethook(function(_, line)
  for i = 1, 5 do
    local name, value = debug.getlocal(2, i)
    if type(value) == "number" and (name == "a" or name == "b" or name == "c") then
      locals[#locals + 1] = name .. value
    end
  end
end, "l")
named(5)
debug.sethook()
print(table.concat(locals, " "))

local co = coroutine.create(function(n)
  for i = 1, n do
    coroutine.yield(i)
  end
end)
local in_co = 0
debug.sethook(co, function()
  in_co = in_co + 1
end, "l")
for _ = 1, 1000 do
  coroutine.resume(co, 2000)
end
debug.sethook(co)
local after = in_co
for _ = 1, 500 do
  coroutine.resume(co)
end
print(in_co, in_co == after)

local function setter(n)
  local value = 0
  for i = 1, n do
    value = value + 1
    if i == n - 5 then
      debug.setlocal(1, 2, 1000)
    end
  end
  return value
end
for _ = 1, 30 do
  setter(100)
end
print(setter(3000))
