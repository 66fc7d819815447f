-- Generators: iterators as closures, stateless iterators, and coroutines that yield values.
local function range(from, to, step)
  local i = from - step
  return function()
    i = i + step
    if i <= to then
      return i
    end
  end
end

local function squares(limit)
  return function(n, i)
    i = i + 1
    if i <= n then
      return i, i * i
    end
  end, limit, 0
end

local function take(n, iterate)
  return function()
    if n > 0 then
      n = n - 1
      return iterate()
    end
  end
end

local function filter(keep, iterate)
  return function()
    local value = iterate()
    while value ~= nil and not keep(value) do
      value = iterate()
    end
    return value
  end
end

local function zip(a, b)
  return function()
    local x, y = a(), b()
    if x ~= nil and y ~= nil then
      return x, y
    end
  end
end

local function fibonacci()
  return coroutine.wrap(function()
    local a, b = 0, 1
    while true do
      coroutine.yield(a)
      a, b = b, (a + b) % 1000003
    end
  end)
end

-- Prime numbers by a chain of coroutines, one for each prime.
local function primes()
  local function count()
    local n = 2
    while true do
      coroutine.yield(n)
      n = n + 1
    end
  end
  local function sieve(prime, source)
    return function()
      while true do
        local n = source()
        if n % prime ~= 0 then
          coroutine.yield(n)
        end
      end
    end
  end
  return coroutine.wrap(function()
    local source = coroutine.wrap(count)
    while true do
      local prime = source()
      coroutine.yield(prime)
      source = coroutine.wrap(sieve(prime, source))
    end
  end)
end

local function permutations(list)
  local function permute(n)
    if n <= 1 then
      coroutine.yield(list)
      return
    end
    for i = 1, n do
      list[i], list[n] = list[n], list[i]
      permute(n - 1)
      list[i], list[n] = list[n], list[i]
    end
  end
  return coroutine.wrap(function()
    permute(#list)
  end)
end

local function walk(tree)
  if tree then
    walk(tree.left)
    coroutine.yield(tree.key)
    walk(tree.right)
  end
end

local function build(from, to)
  if from > to then
    return nil
  end
  local middle = math.floor((from + to) / 2)
  return { key = middle, left = build(from, middle - 1), right = build(middle + 1, to) }
end

local n = tonumber(arg and arg[1]) or 6000000

local sum = 0
for x in filter(function(x) return x % 3 == 0 end, range(1, n, 2)) do
  sum = sum + x
end
for i, square in squares(n) do
  sum = sum + square % i + i
end
print(string.format("%d", sum))

sum = 0
for x, y in zip(take(n / 2, fibonacci()), range(1, n, 1)) do
  sum = (sum + x * y) % 1000003
end
print(string.format("%d", sum))

sum = 0
for prime in take(150, primes()) do
  sum = sum + prime
end
print(string.format("%d", sum))

sum = 0
for list in permutations({ 1, 2, 3, 4, 5, 6, 7, 8 }) do
  sum = (sum * 31 + list[1] * list[8] + list[4]) % 1000003
end
print(string.format("%d", sum))

sum = 0
local tree = build(1, n / 8)
for key in coroutine.wrap(function() walk(tree) end) do
  sum = (sum * 7 + key) % 1000003
end
print(string.format("%d", sum))
