-- The debug library on frames of hot functions: locals, upvalues, varargs, suspended coroutines.
local function set_callers_local(name, value)
  for i = 1, 20 do
    local n = debug.getlocal(2, i)
    if n == nil then
      return false
    elseif n == name then
      return debug.setlocal(2, i, value)
    end
  end
end

-- A callee changes what the caller keeps in a register, to another type even.
local function loop(n, at, value)
  local sum, step = 0, 1
  for i = 1, n do
    sum = sum + step
    if i == at then
      set_callers_local("step", value)
    end
  end
  return sum
end
for _ = 1, 20 do
  loop(100, 0)
end
print(loop(3000, 0), loop(3000, 2990, 10), loop(3000, 2990, 0.5), loop(3000, 2999, "7"))
print(pcall(loop, 3000, 2990, {}))

local function limit(n)
  local count = 0
  for i = 1, n do
    count = count + 1
    if i == 500 then
      set_callers_local("i", 1000000)      -- the visible copy, not the hidden counter
    end
  end
  return count
end
print(limit(2000))

local function read_callers_locals()
  local text = {}
  for i = 1, 20 do
    local name, value = debug.getlocal(2, i)
    if name == nil then
      break
    elseif name ~= "text" and (type(value) == "number" or type(value) == "string") then
      text[#text + 1] = name .. "=" .. value
    end
  end
  return table.concat(text, " ")
end
local function many(a, b)
  local text
  for i = 1, 1500 do
    local x, y = i * a, i / 2
    local z = x .. b
    if i % 500 == 0 then
      text = read_callers_locals()
      print(text)
    end
    z, y = y, z
  end
end
many(2, "b")

-- Varargs have negative numbers.
local function variable(...)
  local before, result = select("#", ...), nil
  for i = 1, 800 do
    if i == 700 then
      debug.setlocal(1, -2, "changed")
      result = debug.getlocal(1, -1)
    end
  end
  return before, result, ...
end
print(variable(1, 2, 3))
print(variable(1, 2, 3))

-- Upvalues: read, set, joined; identity.
local function counters()
  local n = 0
  return function()
    n = n + 1
    return n
  end
end
local c1, c2 = counters(), counters()
for _ = 1, 2000 do
  c1()
  c2()
end
print(debug.getupvalue(c1, 1))
debug.setupvalue(c1, 1, 0.5)
print(c1(), c2())
debug.upvaluejoin(c2, 1, c1, 1)
print(c1(), c2(), debug.upvalueid(c1, 1) == debug.upvalueid(c2, 1))
debug.setupvalue(c1, 1, "10")
print(c1(), c2())

local function modified(n)
  local step, sum = 1, 0
  local function get()
    return step
  end
  for i = 1, n do
    if i == n - 10 then
      debug.setupvalue(get, 1, 100)
    end
    sum = sum + step
  end
  return sum
end
for _ = 1, 10 do
  modified(200)
end
print(modified(3000))

-- A suspended coroutine is looked at and changed from outside.
local co = coroutine.create(function(n)
  local total = 0
  for i = 1, n do
    total = total + i
    if i % 1000 == 0 then
      coroutine.yield(total)
    end
  end
  return total
end)
print(coroutine.resume(co, 4000))
print(debug.getlocal(co, 1, 1), debug.getlocal(co, 1, 2))
print(debug.setlocal(co, 1, 2, 0))
print(coroutine.resume(co))
print(debug.getinfo(co, 1, "l").currentline, (debug.traceback(co)))
print(debug.setlocal(co, 1, 2, 0.25))
print(coroutine.resume(co))
print(coroutine.resume(co))
print(coroutine.status(co))

-- What getinfo says of a function does not depend on whether it is hot.
local function subject(a, ...)
  local s = 0
  for i = 1, a do
    s = s + i
  end
  while s > 100 do
    s = s // 2
  end
  return s
end
local function lines_of(f)
  local info = debug.getinfo(f, "SLu")
  local lines = {}
  for line in pairs(info.activelines) do
    lines[#lines + 1] = line
  end
  table.sort(lines)
  return info.what, info.linedefined, info.lastlinedefined, info.nups, info.nparams, info.isvararg,
    table.concat(lines, " ")
end
print(lines_of(subject))
for i = 1, 500 do
  subject(i)
end
print(lines_of(subject))
for i = 1, 4 do
  io.write(tostring(debug.getlocal(subject, i)), " ")
end
print()

local function active()
  local f
  for i = 1, 1000 do
    f = debug.getinfo(1, "f").func
    if i % 500 == 0 then
      local r = debug.getinfo(1, "r")
      io.write(tostring(f == active), " ", r.ftransfer, " ", r.ntransfer, " ")
    end
  end
  print()
end
local original = active
active()
print(original == active)
