-- Native functions call each other without frames: whoever looks finds them all the same.
local function warm(f, ...)
  for _ = 1, 80 do
    f(...)
  end
end

-- numbers of results, wanted and given
local function give(n)
  if n == 0 then
    return
  elseif n == 1 then
    return "one"
  elseif n == 2 then
    return "one", "two"
  end
  return table.unpack({ 1, 2, 3, 4, 5 }, 1, n)
end
local function want(n)
  local a = give(n)
  local b, c, d = give(n)
  give(n)
  return a, b, c, d, (give(n)), give(n)
end
for n = 0, 5 do
  warm(want, n)
  print(n, want(n))
end
for round = 1, 100 do
  assert(select("#", want(round % 6)) == 5 + round % 6)
end
local function list(n)
  return { give(n) }, { 0, give(n) }, { give(n), 0 }
end
for n = 0, 5 do
  local a, b, c = list(n)
  io.write(#a, " ", #b, " ", #c, " ")
end
print()
local function count(...)
  return select("#", ...)
end
local function passed(n)
  return count(give(n)), count(0, give(n)), count(give(n), 0)
end
for round = 1, 120 do
  passed(round % 3)
end
print(passed(0), passed(1), passed(2), passed(4))

-- arguments of other types than before, more and fewer of them
local function add(a, b, c)
  if c then
    return a + b + c
  end
  return a + b
end
local function sums(x, y)
  return add(x, y), add(x, y, 1), add(x, y, nil, "more"), add(y, x)
end
warm(sums, 1, 2)
print(sums(1, 2))
print(sums(1.5, 2))
print(sums("3", 4))
print(pcall(sums, {}, 4))
print(pcall(sums, 1, nil))
warm(sums, 0.5, 2)
print(sums(math.maxinteger, 1))

-- who is there: from a callee, deep down
local function names(depth)
  local result = {}
  for level = 2, depth do
    local info = debug.getinfo(level, "nlt")
    if info == nil then
      break
    end
    result[#result + 1] = (info.name or "?") .. ":" .. info.currentline .. (info.istailcall and "t" or "")
  end
  return table.concat(result, " ")
end
local look = false
local function leaf(n)
  if look and n == 0 then
    return names(20)
  end
  return n
end
local function branch(n)
  local kept = n * 2
  local got = leaf(n)
  return got, kept
end
local function tree(n)
  if n == 0 then
    return (branch(0))
  end
  local below = tree(n - 1)
  return below
end
warm(tree, 6)
look = true
print(tree(6))
look = false

-- locals of callers, seen and changed
local function locals(level)
  local result = {}
  for i = 1, 10 do
    local name, value = debug.getlocal(level, i)
    if name == nil or name:sub(1, 1) == "(" then
      break
    end
    result[#result + 1] = name .. "=" .. tostring(value)
  end
  return table.concat(result, " ")
end
local change
local function inner(x)
  if change then
    print(locals(2))
    print(locals(3))
    print(locals(4))
    debug.setlocal(3, 2, "changed")
  end
  return x + 1
end
local function outer(a, b)
  local c = a + b
  local d = inner(c)
  return a, b, c, d
end
local function outermost(x)
  local p, q, r, s = outer(x, 2)
  return p, q, r, s
end
warm(outermost, 1)
change = true
print(outermost(1))
change = nil
print(outermost(1))

-- errors and tracebacks through several of them, and going on afterwards
local function divide(a, b)
  return a // b
end
local function ratio(a, b)
  local r = divide(a, b)
  return r + 1
end
local function safe(a, b)
  local ok, message = pcall(ratio, a, b)
  return ok, message
end
warm(safe, 7, 2)
print(safe(7, 2), safe(7, 0), safe(7, "x"), safe(7, 0.0))
print((select(2, xpcall(ratio, debug.traceback, 1, {})):gsub("\n%s*%[C%]: in %?", "")))

-- yields from below them
local function pause(x)
  if x % 5 == 0 then
    return coroutine.yield(x) or x
  end
  return x
end
local function through(x)
  local y = pause(x)
  return y * 2
end
local function all(n)
  local sum = 0
  for i = 1, n do
    sum = sum + through(i)
  end
  return sum
end
for _ = 1, 5 do
  local routine = coroutine.wrap(all)
  local value, steps = routine(60), 0
  while value < 70 and steps < 20 do
    steps = steps + 1
    value = routine(steps)
  end
  print(value, steps)
end

-- collections and stacks that move below them
local function fill(n)
  if n == 0 then
    collectgarbage()
    return {}
  end
  local t = { n }
  local below = fill(n - 1)
  below[#below + 1] = t[1]
  return below
end
warm(fill, 3)
print(#fill(150), #fill(5))
local function deep(n)
  if n == 0 then
    return 0
  end
  return 1 + deep(n - 1)
end
warm(deep, 5)
print(deep(100000))
local ok, message = pcall(deep, 1e8)
print(ok, tostring(message):match("stack overflow"))

-- a hook set below them
local function hooked(n)
  if n == 3 then
    debug.sethook(function(event, line)
      io.write(event, line or "", " ")
    end, "l")
  end
  return n
end
local function calls_hooked(n)
  local a = hooked(n)
  local b = a + 1
  return b
end
warm(calls_hooked, 1)
local result = calls_hooked(3)
debug.sethook()
print(result)
