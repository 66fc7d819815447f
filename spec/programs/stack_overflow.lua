-- Where a stack overflow is raised, how deep, and how large frames are.
local function f(n)
  local x = 1
  local y = f(n + 1)
  return x + y
end
local function call_f()
  local z = f(1)
  return z
end
local function shorter(message)
  return (debug.traceback(message):gsub("%.%.%.\t%(skipping %d+ levels%)", "..."))
end
for _ = 1, 3 do
  print(pcall(call_f))
  print(xpcall(call_f, shorter))
end

local depth = 0
local function deep()
  depth = depth + 1
  local a
  deep()
  a = 1
  return a
end
for _ = 1, 3 do
  depth = 0
  print(pcall(deep))
  print(depth)
end

-- frames of many sizes, one function calling another
local function wide(n, ...)
  depth = depth + 1
  if n % 2 == 0 then return 1 + wide(n + 1, n, ...) end
  return 1 + wide(n + 1)
end
for _ = 1, 3 do
  depth = 0
  print(pcall(wide, 0))
  print(depth)
end

-- in a coroutine, and afterwards all is as before
print(coroutine.wrap(function() return pcall(call_f) end)())
local function sum(n)
  local s = 0
  for i = 1, n do s = s + i end
  return s
end
for i = 1, 100 do depth = sum(i) end
print(depth)

local function registers(level)
  local n = 0
  while debug.getlocal(level, n + 1) do n = n + 1 end
  return n
end
local seen = setmetatable({}, {
  __index = function() return registers(3) end,
  __add = function() return registers(3) end,
})
local function look(a)
  local c = a .. "x"
  local y = seen.x
  return y, seen + a, c
end
for i = 1, 5 do print(look(i)) end
for _ = 1, 3 do
  debug.sethook(function(event) print(event, registers(3)) end, "crl")
  sum(3)
  debug.sethook()
end
