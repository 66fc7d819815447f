-- Tail calls: of the function itself, of others, of what changes meanwhile; frames, arguments, errors, hooks, yields.
local function sum(n, acc)
  if n == 0 then
    return acc
  end
  return sum(n - 1, acc + n)
end
print(sum(100, 0), sum(100000, 0), sum(100, 0.5))

-- fewer and more arguments than parameters
local function fewer(n, a, b)
  if n == 0 then
    return a, b
  end
  return fewer(n - 1, b)
end
local function more(n, a)
  if n == 0 then
    return a
  end
  return more(n - 1, n, a, "lost")
end
for n = 0, 40 do
  io.write(tostring(fewer(n, 1, 2)), " ", tostring(more(n, "start")), " ")
end
print()

-- swapped and shared arguments
local function swap(n, a, b, c)
  if n == 0 then
    return a .. b .. c
  end
  return swap(n - 1, c, a, b)
end
print(swap(10, "x", "y", "z"), swap(101, "x", "y", "z"))

-- the upvalue changes in the middle, to another instance and to another function
local function instance(step)
  local function count(n, seen)
    if n <= 0 then
      return seen
    end
    return count(n - step, seen + 1)
  end
  return count, function(f)
    count = f
  end
end
local one, change = instance(1)
print(one(1000, 0))
local two = instance(2)
change(two)
print(one(1000, 0))
change(function(n, seen)
  return "other", n, seen
end)
print(one(1000, 0))
change(setmetatable({}, {
  __call = function(self, n, seen)
    return type(self), n, seen
  end,
}))
print(one(1000, 0))
change(nil)
print(pcall(one, 1000, 0))

-- each other, deeper than any stack
local is_odd
local function is_even(n)
  if n == 0 then
    return true
  end
  return is_odd(n - 1)
end
function is_odd(n)
  if n == 0 then
    return false
  end
  return is_even(n - 1)
end
for i = 1, 100 do
  assert(is_even(2 * i) and not is_even(2 * i + 1))
end
print(is_even(300000), is_odd(300000))

-- from a loop, natively called
local function twice(f, x)
  return f(f(x))
end
local function inc(x)
  return x + 1
end
local total = 0
for i = 1, 300 do
  total = total + twice(inc, i)
end
print(total)
total = 0
for i = 1, 300 do
  total = total + #twice(i % 100 == 0 and string.upper or tostring, i)
end
print(total)

-- several results, varargs, methods
local object = { n = 0 }
function object:step(n, ...)
  self.n = self.n + 1
  if n == 0 then
    return self.n, ...
  end
  return self:step(n - 1, n, ...)
end
print(object:step(5))
for _ = 1, 60 do
  object:step(3)
end
print(object.n, select("#", object:step(20)))
local function pass(...)
  return select("#", ...), ...
end
local function through(n)
  return pass(n, n + 1)
end
for i = 1, 60 do
  through(i)
end
print(through(1))

-- tracebacks know tail calls
local function fail(n)
  if n == 0 then
    error("deep")
  end
  return fail(n - 1)
end
local function trace(f, ...)
  local _, text = xpcall(f, debug.traceback, ...)
  print((text:gsub("^[^\n]*\n", "")))
end
for _ = 1, 60 do
  pcall(fail, 5)
end
trace(fail, 0)
trace(fail, 3)
local function outer(n)
  return fail(n)
end
for _ = 1, 60 do
  pcall(outer, 2)
end
trace(outer, 2)
local function flagged(n)
  local info = debug.getinfo(1, "t")
  if n == 0 then
    return info.istailcall
  end
  return flagged(n - 1)
end
for _ = 1, 60 do
  flagged(2)
end
print(flagged(0), flagged(1))
local function not_first(n)
  if n == 3 then
    assert(not debug.getinfo(1, "t").istailcall)
  end
  if n == 0 then
    return debug.getinfo(1, "t").istailcall
  end
  return not_first(n - 1)
end
for _ = 1, 60 do
  assert(not_first(3))
end

-- another type comes up in the middle
local function mixed(n, v)
  if n == 0 then
    return v
  end
  return mixed(n - 1, n == 50 and v + 0.5 or v + 1)
end
for _ = 1, 50 do
  mixed(40, 0)
end
print(mixed(100, 0), mixed(100, "7"), pcall(mixed, 10, {}))

-- yields
local function generate(n)
  if n > 0 then
    coroutine.yield(n)
    return generate(n - 1)
  end
  return "end"
end
for _ = 1, 10 do
  local seen = {}
  for v in coroutine.wrap(generate), 5 do
    seen[#seen + 1] = tostring(v)
    if v == "end" then
      break
    end
  end
  assert(#seen == 1 or seen[#seen] == "end", #seen)
end
local routine = coroutine.wrap(generate)
print(routine(3), routine(), routine(), routine())

-- hooks in an endless one
local function endless(n)
  return endless(n + 1)
end
local hooks = 0
debug.sethook(function()
  hooks = hooks + 1
  if hooks == 10 then
    error("enough", 0)
  end
end, "", 1000)
print(pcall(endless, 0))
debug.sethook()
local calls = 0
debug.sethook(function(event)
  calls = calls + (event == "tail call" and 1 or 0)
end, "c")
sum(20, 0)
debug.sethook()
print(calls)

-- upvalues of what is called anew
local kept = {}
local function capture(n)
  local v = n
  kept[#kept + 1] = function()
    v = v + 1
    return v
  end
  if n == 0 then
    return #kept
  end
  return capture(n - 1)
end
print(capture(60))
for i = 1, #kept do
  io.write(kept[i](), " ")
end
print(kept[1]())
