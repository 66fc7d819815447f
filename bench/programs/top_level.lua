-- A script as beginners write it: everything at the top level, all variables and functions global.
-- luacheck: allow defined top
n = tonumber(arg and arg[1]) or 12000000

-- Sums and products of a range.
sum = 0
product = 1
for i = 1, n do
  sum = sum + i % 7
  product = product * (i % 9 + 1) % 1000003
end
print(string.format("sum %d, product %d", sum, product))

-- Fizz and buzz.
fizz = 0
buzz = 0
both = 0
i = 1
while i <= n do
  if i % 15 == 0 then
    both = both + 1
  elseif i % 3 == 0 then
    fizz = fizz + 1
  elseif i % 5 == 0 then
    buzz = buzz + 1
  end
  i = i + 1
end
print(string.format("fizz %d, buzz %d, both %d", fizz, buzz, both))

-- Greatest common divisors.
function gcd(a, b)
  while b ~= 0 do
    a, b = b, a % b
  end
  return a
end

coprime = 0
for a = 1, 600 do
  for b = 1, 600 do
    if gcd(a, b) == 1 then
      coprime = coprime + 1
    end
  end
end
print(string.format("coprime %d", coprime))

-- Prime numbers by trial division.
primes = {}
candidate = 2
while #primes < 8000 do
  is_prime = true
  for _, p in ipairs(primes) do
    if p * p > candidate then
      break
    end
    if candidate % p == 0 then
      is_prime = false
      break
    end
  end
  if is_prime then
    table.insert(primes, candidate)
  end
  candidate = candidate + 1
end
print(string.format("the last prime is %d", primes[#primes]))

-- Bubble sort.
list = {}
x = 1
for k = 1, 1200 do
  x = x * 16807 % 2147483647
  list[k] = x % 1000
end
repeat
  swapped = false
  for k = 1, #list - 1 do
    if list[k] > list[k + 1] then
      list[k], list[k + 1] = list[k + 1], list[k]
      swapped = true
    end
  end
until not swapped
print(string.format("%d %d %d", list[1], list[600], list[1200]))

-- The square root of two by bisection, again and again.
total = 0
for round = 1, n / 100 do
  low = 0
  high = round
  while high - low > 1e-9 do
    middle = (low + high) / 2
    if middle * middle > round then
      high = middle
    else
      low = middle
    end
  end
  total = total + low
end
print(string.format("%.6f", total))
