-- Values that are called: __call chains, functions that change, methods, recursion through tables.
local Callable = { __call = function(self, a, b)
  self.n = self.n + 1
  return a + b, self.n
end }
local c = setmetatable({ n = 0 }, Callable)
local sum = 0
for i = 1, 4000 do
  local a, n = c(i, 1)
  sum = sum + a + n
  if i == 3000 then
    Callable.__call = function(self, ...)
      self.n = self.n - 1
      return select("#", ...), 0
    end
  end
end
print(sum, c.n)

local function apply(f, ...)
  return f(...)
end
local funcs = { function(x)
  return x
end, function(x)
  return x * 2
end, math.abs, c, function(x)
  return x // 2, x
end }
local total = 0
for i = 1, 5000 do
  total = total + (apply(funcs[i % #funcs + 1], -i))
end
print(total)
print(pcall(apply, nil))
print(pcall(apply, {}, 1))
print(pcall(apply, setmetatable({}, { __call = 5 }), 1))

local ops = {}
function ops.even(n)
  if n == 0 then
    return true
  end
  return ops.odd(n - 1)
end
function ops.odd(n)
  if n == 0 then
    return false
  end
  return ops.even(n - 1)
end
print(ops.even(10001), ops.odd(10001))
local saved = ops.odd
ops.odd = function(n)
  return n == 7 and "seven" or saved(n)
end
print(ops.even(8), ops.even(10))

local function results(n)
  if n == 0 then
    return
  elseif n == 1 then
    return 1
  elseif n == 2 then
    return 1, 2
  end
  return 1, 2, 3
end
local s = 0
for i = 1, 4000 do
  local a, b, d = results(i % 4)
  s = s + (a or 10) + (b or 20) + (d or 30)
  local t = { results(i % 4), results(i % 3) }
  s = s + #t
  s = s + select("#", results(i % 4))
end
print(s)

local function fewer(a, b, d)
  return (a == nil and 1 or 0) + (b == nil and 2 or 0) + (d == nil and 4 or 0)
end
local f = 0
for i = 1, 3000 do
  f = f + fewer() + fewer(i) * 10 + fewer(i, i) * 100 + fewer(i, i, i, i) * 1000
end
print(f)
local nested = setmetatable({}, { __call = setmetatable({}, { __call = function(inner, outer, x)
  return type(inner), type(outer), x
end }) })
for _ = 1, 500 do
  nested(1)
end
print(nested(5))
