-- Small functions that are translated in place and call out: whoever looks meanwhile sees their frames, at their lines,
-- with their variables, and may change them, throw, yield, collect, or grow the stack.
local out = {}
local function say(...)
  local t = table.pack(...)
  for i = 1, t.n do
    t[i] = tostring(t[i]):gsub("0x%x+", "ADDRESS")
  end
  out[#out + 1] = table.concat(t, " ")
end
local function flush(title)
  print(title)
  print(table.concat(out, "\n"))
  out = {}
end
local function hot(f, ...)
  for _ = 1, 150 do
    f(...)
  end
  return f(...)
end

-- What the stack looks like. Calls that have had different functions are not translated in place.
local function ignore(_) end
local function disregard(x)
  return x
end
local look = ignore
local function seen(x)
  look(x)
  return x
end
local function middle(x)
  local y = seen(x) + 1
  return y
end
local function outer(x)
  local z = middle(x)
  return seen(z) + middle(z)
end
local function walk(n)
  local s = 0
  for i = 1, n do
    s = s + outer(i)
  end
  return s
end
for i = 1, 300 do
  look = i % 2 == 0 and ignore or disregard
  walk(10)
end
function look()
  look = ignore
  for level = 1, 6 do
    local info = debug.getinfo(level, "Slnt")
    say(level, info.what, info.name, info.namewhat, info.currentline, info.istailcall)
    for i = 1, 8 do
      local name, value = debug.getlocal(level, i)
      if name == nil then
        break
      end
      say("", name, type(value) == "number" and value or type(value))
    end
  end
end
say(walk(3))
function look()
  look = ignore
  say(debug.traceback("here", 1))
end
say(walk(3))

-- Variables of a frame that is not there may be changed.
function look()
  look = ignore
  say(debug.getlocal(3, 1))
  say(debug.setlocal(3, 1, 1000))
  say(debug.setlocal(4, 1, 2000))
  say(debug.getlocal(4, 1))
end
say(walk(2))
local times = 0
function look()
  times = times + 1
  if times == 7 then
    debug.setlocal(4, 1, 0.5)                   -- 'x' of outer, or 'n' of walk
  elseif times == 11 then
    look = ignore
  end
end
say(walk(4), times)
look = ignore
flush("frames")

-- Errors, where they are named and where they come from.
local function add(a, b)
  return a + b
end
local function field(t)
  return t.x.y
end
local function join(a, b)
  return a .. ":" .. b
end
local function call(f, v)
  return (f(v))
end
local function less(a, b)
  return a < b
end
local function length(t)
  return #t
end
local function work(n, a, b, t, f)
  local s = 0
  for i = 1, n do
    s = add(s, a) + field(t) + #join(i, b) + call(f, i) + (less(i, n) and 1 or 2) + length(b)
  end
  return s
end
local good = { x = { y = 2 } }
say(hot(work, 10, 1, "b", good, math.abs))
say(pcall(work, 10, {}, "b", good, math.abs))
say(pcall(work, 10, 1, {}, good, math.abs))
say(pcall(work, 10, 1, true, good, math.abs))
say(pcall(work, 10, 1, "b", { x = 1 }, math.abs))
say(pcall(work, 10, 1, "b", {}, math.abs))
say(pcall(work, 10, 1, "b", good, 12))
say(pcall(work, 10, 1, "b", good, error))
say(pcall(work, "10", 1, "b", good, math.abs))
say(xpcall(work, debug.traceback, 10, 1, "b", good, error))
say(xpcall(work, debug.traceback, 10, 1, "b", setmetatable({}, { __index = error }), math.abs))
local odd = setmetatable({ x = { y = 2 } }, {
  __add = function(a, b)
    return type(a) == "number" and a + 1 or b + 2
  end,
  __len = function()
    return 5
  end,
  __concat = function(a, b)
    return "odd" .. tostring(type(a)) .. tostring(type(b))
  end,
})
say(work(5, odd, odd, odd, math.abs))
say(hot(work, 5, odd, odd, odd, math.abs))
flush("errors")

-- Coroutines: there the CallInfos that inlined functions use have not been made yet, and any call may yield.
local function pass(v)
  local got = coroutine.yield(v)
  return got or 0
end
local function twice(v)
  return pass(v) + pass(-v)
end
local function produce(n)
  local s = 0
  for i = 1, n do
    s = s + twice(i)
  end
  return s
end
local function drain(n)
  local co = coroutine.create(produce)
  local sum, alive, v = 0, coroutine.resume(co, n)
  while coroutine.status(co) ~= "dead" do
    sum = sum * 3 % 1000003 + v
    alive, v = coroutine.resume(co, v % 7)
  end
  return sum, alive, v
end
for _ = 1, 20 do
  drain(10)
end
say(drain(50))
local function quiet(n)
  return coroutine.wrap(walk)(n)
end
say(hot(quiet, 20))
local waiting = coroutine.wrap(produce)
waiting(10)
for _ = 1, 7 do
  waiting(1)
end
say(waiting(2))
say(pcall(coroutine.wrap(function()
  return walk(3) + produce(1)
end)))
flush("coroutines")

-- An open number of values, of calls in functions that have no frame.
local function several(n)
  if n > 3 then
    return n, n + 1, n + 2
  elseif n > 1 then
    return n
  end
end
local function count(...)
  return select("#", ...)
end
local function collect(n)
  return { n, several(n) }
end
local function counted(n)
  return count(several(n))
end
local function handed(n)
  return (several(n))
end
local function open(n)
  local s = 0
  for i = 1, n do
    s = s + #collect(i % 6) * 100 + counted(i % 6) * 10 + (handed(i % 6) or 1)
  end
  return s
end
say(hot(open, 30))
flush("open")

-- Variables of enclosing functions, set by functions that are inlined.
local last, number, objects = nil, 0, {}
local function keep(v)
  last = v
  number = number + 1
end
local function store(n)
  for i = 1, n do
    keep({ i })
    objects[i % 10] = last
    if i % 50 == 0 then
      collectgarbage("step")
    end
  end
  return last[1]
end
say(hot(store, 100), number)
local function counter()
  local n, text = 0, ""
  return function(by)
    n = n + by
    text = text .. "x"
    if #text > 10 then
      text = ""
    end
    return n
  end, function()
    return n, text
  end
end
local function use(step, n)
  local s = 0
  for i = 1, n do
    s = s + step(i)
  end
  return s
end
local one, first = counter()
local two, second = counter()
for _ = 1, 100 do
  use(one, 10)
end
use(two, 7)
say(use(one, 3), use(two, 5))
say(first())
say(second())
local function number_or(v)
  number = v
  return number
end
local function numbers(n, v)
  local s = 0
  for i = 1, n do
    s = s + (tonumber(number_or(i % 3 == 0 and v or i)) or 0)
  end
  return s
end
say(hot(numbers, 10, 1.5), hot(numbers, 10, "7"), hot(numbers, 10), number)
flush("upvalues")

-- Garbage: values that only an inlined function holds.
local weak = setmetatable({}, { __mode = "k" })
local collecting = false
local function fresh(i)
  local t, u = { i }, { i + 1 }
  weak[t] = i
  if collecting then
    collectgarbage()
  end
  return t[1] + u[1] + weak[t]
end
local function churn(n)
  local s = 0
  for i = 1, n do
    s = s + fresh(i)
  end
  return s
end
say(hot(churn, 20))
collecting = true
say(churn(30))
local finalized = 0
local function doomed(i)
  local t = setmetatable({ i }, { __gc = function(o)
    finalized = finalized + o[1]
  end })
  return #t
end
local function finalize(n)
  local s = 0
  for i = 1, n do
    s = s + doomed(i)
  end
  collectgarbage()
  return s
end
say(hot(finalize, 3), finalized)

-- More registers are in use than those of the function that was inlined in front of them.
local function wide(n)
  local s = 0
  for i = 1, n do
    local t = { seen(i), { i }, { i + 1 }, { i + 2 }, { i + 3 }, { i + 4 }, { i + 5 }, { i + 6 }, { i + 7 }, { i + 8 } }
    for j = 2, #t do
      s = s + t[j][1] * j
    end
  end
  return s
end
say(hot(wide, 20))
collectgarbage("incremental", 0, 1000, 1)
say(hot(wide, 20))
collectgarbage("incremental", 200, 100, 13)
flush("garbage")

-- Registers that are in memory already are left alone by what needs some of the stack.
local function total(...)
  local s = 0
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    s = s * 3 % 100003 + (type(v) == "number" and v or v and #v or 5)
  end
  return s
end
local function far(x)
  local function get()
    return x
  end
  return x < 0 and get or x
end
local function many(n)
  local s = 0
  for i = 1, n do
    s = s + total(seen(i), far(i), far(i + 1), far(i + 2), far(i + 3), far(i + 4), far(i + 5), { i, i })
    s = s + total(far(i), far(i + 1), far(i + 2), far(i + 3), far(i + 4), far(i + 5), keep({ i }), far(i + 6))
  end
  return s
end
say(hot(many, 20))
flush("registers")

-- The stack grows, and moves, under functions that have no frame.
local function deep(n)
  return n == 0 and 0 or 1 + deep(n - 1)
end
local depth = 3
local function dive(i)
  local a, b = i, i + 1
  return deep(depth) + a + b
end
local function dives(n)
  local s = 0
  for i = 1, n do
    s = s + dive(i)
  end
  return s
end
say(hot(dives, 20))
depth = 5000
say(dives(3))
say(coroutine.wrap(dives)(3))
local function fib(n)
  return n < 2 and n or fib(n - 1) + fib(n - 2)
end
say(fib(20), coroutine.wrap(fib)(18))
say(pcall(fib, "x"))
say(pcall(fib, {}))
local function boom(n)
  if n > 40 then
    error({ "deep" })
  end
  return boom(n + 1) + 1
end
for _ = 1, 100 do
  pcall(boom, 1)
end
say(select(2, pcall(boom, 1))[1])
flush("depth")

-- Iterators, protected calls, and tail calls in functions that have no frame.
local function sum(t)
  local s = 0
  for k, v in pairs(t) do
    s = s + v * k
  end
  for _, v in ipairs(t) do
    s = s + v
  end
  return s
end
local function safe(v)
  local ok, e = pcall(add, v, 1)
  return ok and e or -1
end
local function tail(v)
  return safe(v)
end
local function mixed(n, t, v)
  local s = 0
  for i = 1, n do
    s = s + sum(t) + tail(i) + safe(v)
  end
  return s
end
say(hot(mixed, 10, { 1, 2, 3 }, 1), mixed(10, { 1, 2.5, 3 }, {}), mixed(3, {}, "1"))
say(pcall(mixed, 10, { 1, "x" }, 1))
say(pcall(mixed, 10, { 1, {} }, 1))
say(pcall(mixed, 10, nil, 1))
flush("inside")

-- Hooks that are set by what an inlined function calls.
local hooked = ignore
local function switch(x)
  hooked(x)
  return x
end
local function inner(x)
  local a = switch(x)
  local b = seen(x + 1)
  return a + b
end
local function hooks(n)
  local s = 0
  for i = 1, n do
    s = s + inner(i)
    s = s - inner(-i)
  end
  return s
end
for i = 1, 300 do
  hooked = i % 2 == 0 and ignore or disregard
  hooks(10)
end
for _, mask in ipairs { "l", "c", "r", "crl" } do
  local left = 40
  function hooked()
    hooked = ignore
    debug.sethook(function(event, line)
      left = left - 1
      say(event, line, debug.getinfo(2, "n").name, debug.getinfo(2, "l").currentline)
      if left == 0 then
        debug.sethook()
      end
    end, mask)
  end
  say(mask, hooks(8))
  debug.sethook()
end
local ticks = 0
function hooked()
  hooked = ignore
  debug.sethook(function()
    ticks = ticks + 1
    say(debug.getinfo(2, "l").currentline)
    if ticks == 14 then
      debug.sethook()
    end
  end, "", 1)
end
say(hooks(8), ticks)
flush("hooks")

-- A hook set in another coroutine moves what instructions of functions are counted by, here too.
local function elsewhere()
  local n = 0
  debug.sethook(function()
    n = n + 1
  end, "", 1)
  inner(1)
  coroutine.yield(n > 10)
  inner(2)
  return n > 20
end
local act = ignore
local function meet(x)
  act(x)
  return seen(x)
end
local function apart(x)
  local function get()
    return x
  end
  look(x)
  return x < 0 and get or x
end
local function meeting(x)
  return meet(x) + seen(x) + apart(x)                -- which is called without a frame, here and below
end
local function meetings(n)
  local s = 0
  for i = 1, n do
    s = s + meeting(i) + apart(i)
  end
  return s
end
collectgarbage()
for i = 1, 300 do
  look = i % 2 == 0 and ignore or disregard
  act = look
  meetings(4)
end
function look()
  say(debug.traceback("x", 2):match("^x\nstack traceback:\n(.-)\n[^\n]*\n[^\n]*$"))
end
local co = coroutine.create(elsewhere)
function act(x)
  if x % 4 == 1 then
    say(coroutine.resume(co))
  end
end
say(meetings(12))
look = ignore
flush("other hooks")

-- Last, because it takes a while until functions are compiled again.
local function endless(n)
  return 1 + endless(n + 1)
end
say((select(2, pcall(endless, 1)):gsub("stack overflow.*", "stack overflow")))
flush("overflow")
