-- What a CLOSE, or a return that closes, has to close: nothing, captured variables, variables to be closed.
local closed = {}
local function closing(name)
  return setmetatable({}, { __close = function() closed[#closed + 1] = name end })
end

-- nothing: a generic for that is left early
local function find(t, wanted)
  for i, v in ipairs(t) do
    if v == wanted then return i end
    if v == 0 then break end
  end
  return nil
end
local list, found = { 1, 2, 3, 0, 4 }, 0
for _ = 1, 2000 do found = found + find(list, 3) + (find(list, 4) or 0) end
print(found)

-- captured in a loop, kept beyond it
local function captures(n, keep)
  local kept
  for i = 1, n do
    local x = i * 2
    if i == keep then kept = function() x = x + 1 return x end end
  end
  return kept
end
local count = 0
for i = 1, 2000 do
  local f = captures(4, i % 5)
  if f then f() count = count + f() end
end
print(count)

-- a loop that gets hot in the scope of a variable to be closed, and is left by break, goto, return and error
local function scoped(n, way)
  local r = 0
  do
    local _ <close> = closing("scope")
    for i = 1, n do
      r = r + i
      if i == n - 1 then
        if way == 1 then break end
        if way == 2 then goto out end
        if way == 3 then return r end
        if way == 4 then error("left", 0) end
      end
    end
  end
  ::out::
  return r
end
for way = 0, 4 do
  closed = {}
  print(way, pcall(scoped, 5000, way))
  print(#closed)
end

-- a generic for whose fourth value is closed: hot in itself, and around others
local function values(n, name)
  return function(_, i) if i < n then return i + 1 end end, nil, 0, closing(name)
end
local function generic(n, stop)
  local r = 0
  for i in values(n, "outer") do
    for j in values(3, "inner") do r = r + i * j end
    for k = 1, 3 do r = r + k end
    if i == stop then return r end
  end
  return r
end
for _, stop in ipairs { 0, 1500, 3000 } do
  closed = {}
  print(generic(3000, stop), #closed, closed[1], closed[#closed])
end

-- back to a label before the scope, out of a loop in it
local function again(n, values_of)
  local times = 0
  ::top::
  do
    local _ <close> = closing("again")
    times = times + 1
    for i = 1, n do
      if times < 40 and i == n - 1 then goto top end
    end
    for i in values_of(3, "inner") do
      if times < 80 and i == 2 then goto top end
    end
  end
  return times
end
closed = {}
for _ = 1, 20 do again(200, values) end
print(again(200, values), #closed, closed[1], closed[#closed])

local function around(n, values_of)
  local times = 0
  ::top::
  times = times + 1
  for i in values_of(n, "around") do
    if times < 40 and i == n - 1 then goto top end
  end
  return times
end
closed = {}
for _ = 1, 20 do around(100, values) end
print(around(100, values), #closed, closed[1], closed[#closed])

-- recursion: open upvalues of callers are below, and stay open
local function nested(n, f)
  local x = n
  local function get() x = x + 1 return x end
  if n == 0 then return f and f() or 0 end
  local r = nested(n - 1, get)
  for _, v in ipairs { 1, 2 } do r = r + v end
  return r + x
end
local s = 0
for i = 1, 1000 do s = s + nested(i % 6) end
print(s)
