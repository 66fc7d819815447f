-- Recursion as deep as the stack allows, and its end.
local function depth(n)
  if n == 0 then
    return 0
  end
  return 1 + depth(n - 1)
end
for i = 1, 200 do
  depth(i)
end
print(depth(10000), depth(100000))

local function forever(n)
  return 1 + forever(n + 1)
end
local ok, message = pcall(forever, 1)
print(ok, message)
ok, message = pcall(forever, 1)
print(ok, message)

local deepest = 0
local function deep(n)
  deepest = n
  deep(n + 1)
  return n
end
ok = pcall(deep, 1)
print(ok, deepest > 150000, deepest < 250000)

local function even(n)
  if n == 0 then
    return "even"
  end
  return (n % 2 == 0 and even or even)(n - 1)
end
print(even(1000000))

local function fib(n)
  if n < 2 then
    return n
  end
  return fib(n - 1) + fib(n - 2)
end
print(fib(20), fib(22))

local function through_pcall(n)
  if n == 0 then
    return 0
  end
  local _, v = pcall(through_pcall, n - 1)
  return v + 1
end
print(through_pcall(150))
print(select("#", pcall(through_pcall, 250)))

local function nested_sort(n)
  if n == 0 then
    return 0
  end
  local r = 0
  local t = { 2, 1 }
  table.sort(t, function(a, b)
    r = nested_sort(n - 1)
    return a < b
  end)
  return r + t[1]
end
for _ = 1, 20 do
  nested_sort(6)
end
print(nested_sort(7))
print(pcall(string.gsub, "x", "x", function()
  return (pcall(forever, 1)) and "?" or "caught"
end))

local co = coroutine.wrap(function()
  return depth(50000)
end)
print(co())
local function in_coroutines(n)
  if n == 0 then
    return 0
  end
  return 1 + coroutine.wrap(in_coroutines)(n - 1)
end
for _ = 1, 100 do
  in_coroutines(5)
end
print(in_coroutines(150))
print(pcall(in_coroutines, 400))
local overflow = setmetatable({}, { __index = function(t, k)
  return t[k + 1]
end })
print(pcall(function()
  return overflow[1]
end))
