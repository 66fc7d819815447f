-- Small functions that are translated in place, and what makes that wrong: another callee, other types, errors,
-- upvalues that change, more or less arguments and results than there are.
local function add(a, b)
  return a + b
end
local function scale(v, by)
  by = by or 2
  if v.kind == "point" then
    return v.x * by, v.y * by
  end
  return v.x, v.y
end
local function twice(a)
  return add(a, a)
end
local function sum_to(n)
  local s = 0
  for i = 1, n do
    s = s + i
  end
  return s
end

local function run(n, a, b)
  local s = 0
  for i = 1, n do
    s = add(s, i % 7) + twice(i) - add(a, b)
  end
  return s
end
for _ = 1, 60 do
  run(100, 1, 2)
end
print(run(1000, 1, 2), run(1000, 1.5, 2), run(10, "3", 4))
print(pcall(run, 10, {}, 1))
print(select(2, xpcall(run, debug.traceback, 10, nil, 1)))

-- Results: too few are nil, too many are dropped.
local point, other = { kind = "point", x = 3, y = 4 }, { kind = "other", x = 0.5, y = "y" }
local function points(n, p, by)
  local sx, last = 0, nil
  for _ = 1, n do
    local x, y, z = scale(p, by)
    sx = sx + x
    last = z == nil and y or z
  end
  return sx, last
end
for _ = 1, 60 do
  points(100, point)
end
print(points(100, point), points(100, point, 3), points(100, other))
print(pcall(points, 10, { kind = "point", x = 1 }))
print(select(2, xpcall(points, debug.traceback, 10, 5)))
local with_index = setmetatable({}, { __index = point })
print(points(10, with_index))

-- A loop in it, and an integer that overflows there.
local function loops(n, m)
  local s = 0
  for _ = 1, n do
    s = s + sum_to(m)
  end
  return s
end
for _ = 1, 60 do
  loops(20, 20)
end
print(loops(100, 100), loops(3, 10.5), loops(2, 0), pcall(loops, 1, "x"))

-- Upvalues of the callee, which the caller changes, and its global functions.
local count, limit = 0, 5
local function counted(x)
  if x > limit then
    return x - limit
  end
  return x + count
end
local function with_upvalues(n)
  local s = 0
  for i = 1, n do
    s = s + counted(i)
    count = i
    if i == n // 2 then
      limit = limit + 1
    end
  end
  return s
end
for _ = 1, 60 do
  with_upvalues(40)
end
print(with_upvalues(100), count, limit)
limit = 7.5
print(with_upvalues(100), count, limit)
limit = "none"
print(pcall(with_upvalues, 3))
limit = 3

-- Closures of one function: the upvalue is the closure's, not the function's.
local function adder(by)
  return function(x)
    return x + by
  end
end
local closures = { adder(1), adder(10), adder(0.5), adder(100) }
local function through(n)
  local s = 0
  for i = 1, n do
    local f = closures[i % #closures + 1]
    s = s + f(i)
  end
  return s
end
for _ = 1, 60 do
  through(40)
end
print(through(100))
closures[2] = function(x)
  return x * 2
end
print(through(100))
closures[3] = math.floor
print(through(100))
closures[4] = setmetatable({}, {
  __call = function(_, x)
    return -x
  end,
})
print(through(100))

-- Methods, and library functions in them.
local Vector = {}
Vector.__index = Vector
function Vector.length(v)
  return math.sqrt(v.x * v.x + v.y * v.y)
end
function Vector.larger(a, b)
  return math.max(a.x, b.x)
end
local v, w = setmetatable({ x = 3, y = 4 }, Vector), setmetatable({ x = 5.5, y = 0 }, Vector)
local function lengths(n, a, b)
  local s = 0
  for _ = 1, n do
    s = s + Vector.length(a) + Vector.larger(a, b) + a:length()
  end
  return s
end
for _ = 1, 60 do
  lengths(40, v, w)
end
print(lengths(100, v, w), lengths(100, w, v))
local sqrt = math.sqrt
math.sqrt = function(x)
  return x
end
print(lengths(100, v, w))
math.sqrt = sqrt
Vector.length = function()
  return 1
end
print(lengths(100, v, w))

-- Locals of the frames that an exit makes.
local function look()
  local names = {}
  for level = 2, 3 do
    for i = 1, 10 do
      local name, value = debug.getlocal(level, i)
      if name == nil then
        break
      end
      if name:sub(1, 1) ~= "(" then
        names[#names + 1] = name .. "=" .. tostring(value)
      end
    end
  end
  return table.concat(names, " ")
end
local hooked = setmetatable({}, { __add = look })
local function inner(p, q)
  local r = p
  r = r + q
  return r
end
local function outer(n, q)
  local kept, result = n * 2, nil
  for i = 1, n do
    result = inner(i, q)
  end
  return result, kept
end
for _ = 1, 60 do
  outer(40, 1)
end
print(outer(10, 2))
local seen, kept = outer(1, hooked)
print((seen:gsub("table: 0x%x+", "table")), kept)

-- Two that call each other are not translated in each other for ever.
local is_odd
local function is_even(n)
  if n == 0 then
    return true
  end
  return not is_odd(n)
end
function is_odd(n)
  if n == 0 then
    return false
  end
  return is_even(n - 1)
end
local evens = 0
for i = 0, 2000 do
  if is_even(i % 20) then
    evens = evens + 1
  end
end
print(evens)

-- Iterators in Lua.
local function step(n, i)
  if i < n then
    return i + 1
  end
end
local function iterate(n)
  local s = 0
  for i in step, n, 0 do
    s = s + i
  end
  return s
end
for _ = 1, 100 do
  iterate(30)
end
print(iterate(1000), iterate(2.5), pcall(iterate, {}))
