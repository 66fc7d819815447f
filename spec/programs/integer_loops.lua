-- Integer algorithms: hashing, gcd, sorting, bit tricks, matrix of integers.
local function fnv(s)
  local h = 0xcbf29ce484222325
  for i = 1, #s do
    h = (h ~ s:byte(i)) * 0x100000001b3
  end
  return h
end
print(fnv(("zyjit"):rep(1000)))

local function xorshift(state)
  state = state ~ (state << 13)
  state = state ~ (state >> 7)
  state = state ~ (state << 17)
  return state
end
local x, sum = 88172645463325252, 0
for _ = 1, 10000 do
  x = xorshift(x)
  sum = sum + (x >> 60)
end
print(x, sum)

local function gcd(a, b)
  while b ~= 0 do
    a, b = b, a % b
  end
  return a
end
local g = 0
for i = 1, 3000 do
  g = g + gcd(i * 12, 5040)
end
print(g)

local list = {}
for i = 1, 1000 do
  x = xorshift(x)
  list[i] = x % 1000
end
local function insertion(t)
  for i = 2, #t do
    local v, j = t[i], i - 1
    while j > 0 and t[j] > v do
      t[j + 1] = t[j]
      j = j - 1
    end
    t[j + 1] = v
  end
end
insertion(list)
local sorted = true
for i = 2, #list do
  sorted = sorted and list[i - 1] <= list[i]
end
print(sorted, list[1], list[500], list[1000])

local function popcount(n)
  local c = 0
  while n ~= 0 do
    n = n & (n - 1)
    c = c + 1
  end
  return c
end
local bits = 0
for i = -2000, 2000 do
  bits = bits + popcount(i)
end
print(bits, popcount(-1), popcount(math.mininteger))

local function collatz(n)
  local steps = 0
  while n ~= 1 do
    n = n % 2 == 0 and n // 2 or 3 * n + 1
    steps = steps + 1
  end
  return steps
end
local longest, at = 0, 0
for i = 1, 3000 do
  local s = collatz(i)
  if s > longest then
    longest, at = s, i
  end
end
print(longest, at)

local function power(b, e, m)
  local r = 1
  b = b % m
  while e > 0 do
    if e & 1 == 1 then
      r = r * b % m
    end
    b = b * b % m
    e = e >> 1
  end
  return r
end
local p = 0
for i = 1, 2000 do
  p = p ~ power(i, 65537, 1000003)
end
print(p)

local function shifts(n)
  local acc = 0
  for i = -70, 70 do
    acc = acc ~ (n << i) ~ (n >> (i * 2)) ~ (i << 62) ~ (i >> 1)
  end
  return acc
end
local z = 0
for i = 1, 100 do
  z = z ~ shifts(i * 0x123456789)
end
print(z, 1 << 63, 1 << 64, -1 >> 1, -1 >> 63, -1 << 63, 5 // -2, -5 // 2, 5 % -2)
