-- Functions on functions: currying, memoizing, combinators, transducers and parsers made of small functions.
-- luacheck: std max
local unpack = table.unpack or unpack

local function curry(f, count)
  local function collect(arguments, left)
    return function(value)
      local all = { unpack(arguments) }
      all[#all + 1] = value
      if left == 1 then
        return f(unpack(all))
      end
      return collect(all, left - 1)
    end
  end
  return collect({}, count)
end

local function memoize(f)
  local known = {}
  return function(x)
    local value = known[x]
    if value == nil then
      value = f(x)
      known[x] = value
    end
    return value
  end
end

local function pipe(...)
  local stages = { ... }
  return function(x)
    for _, stage in ipairs(stages) do
      x = stage(x)
    end
    return x
  end
end

-- Transducers: each turns a step of a reduction into another.
local function mapping(f)
  return function(step)
    return function(result, x)
      return step(result, f(x))
    end
  end
end

local function filtering(keep)
  return function(step)
    return function(result, x)
      if keep(x) then
        return step(result, x)
      end
      return result
    end
  end
end

local function reduce(from, to, start, step)
  local result = start
  for i = from, to do
    result = step(result, i)
  end
  return result
end

-- Church numerals.
local function zero()
  return function(x)
    return x
  end
end

local function successor(n)
  return function(f)
    return function(x)
      return f(n(f)(x))
    end
  end
end

local function plus(a, b)
  return function(f)
    return function(x)
      return a(f)(b(f)(x))
    end
  end
end

local function to_number(n)
  return n(function(x)
    return x + 1
  end)(0)
end

local function fixed_point(f)
  local function again(x)
    return f(again)(x)
  end
  return again
end

local n = tonumber(arg and arg[1]) or 4000000

local volume = curry(function(a, b, c)
  return a * b * c
end, 3)
local total = 0
for i = 1, n / 10 do
  total = total + volume(i % 10)(i % 7)(i % 3)
end
print(string.format("%d", total))

local fib
fib = memoize(function(x)
  return x < 2 and x or fib(x - 1) + fib(x - 2)
end)
local process = pipe(function(x)
  return x % 50
end, fib, function(x)
  return x % 1000
end)
total = 0
for i = 1, n do
  total = total + process(i)
end
print(string.format("%d", total))

local step = filtering(function(x)
  return x % 3 == 0
end)(mapping(function(x)
  return x * x % 1001
end)(function(sum, x)
  return sum + x
end))
print(string.format("%d", reduce(1, n * 3, 0, step)))

local number = zero
for _ = 1, 100 do
  number = successor(number)
end
total = 0
for _ = 1, n / 1000 do
  total = total + to_number(plus(number, number))
end
print(string.format("%d", total))

local factorial = fixed_point(function(recur)
  return function(x)
    return x == 0 and 1 or x * recur(x - 1) % 1000003
  end
end)
total = 0
for i = 1, n / 100 do
  total = total + factorial(i % 50)
end
print(string.format("%d", total))
