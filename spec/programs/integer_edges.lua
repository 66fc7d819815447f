-- Integer arithmetic at the ends of its range.
local max, min = math.maxinteger, math.mininteger

local function wrap(n)
  local sum = max - 2000
  for i = 1, n do
    sum = sum + i % 3
  end
  return sum
end
print(wrap(5000), wrap(10))

local function ops(a, b)
  return a + b, a - b, a * b, a // b, a % b, -a
end
local pairs_of = { { max, -1 }, { min, -1 }, { min, max }, { 7, -3 }, { -7, 3 }, { -7, -3 }, { 0, 5 }, { 1, min } }
local acc = 0
for i = 1, 4000 do
  local p = pairs_of[i % #pairs_of + 1]
  local a, b, c, d, e, f = ops(p[1], p[2])
  acc = acc ~ a ~ (b << 1) ~ (c << 2) ~ (d << 3) ~ (e << 4) ~ f
end
print(acc)
for _, p in ipairs(pairs_of) do
  print(ops(p[1], p[2]))
end

local function absolute(a)
  if a < 0 then
    a = -a
  end
  return a
end
for i = -2000, 2000 do
  absolute(i)
end
print(absolute(min), absolute(max), absolute(-5), absolute(-0.0))

local function compare(a, b)
  return (a < b and 1 or 0) + (a <= b and 2 or 0) + (a == b and 4 or 0) + (a > b and 8 or 0) + (a >= b and 16 or 0)
end
local total = 0
for i = 1, 3000 do
  total = total + compare(i, 1500)
end
print(total, compare(max, min), compare(min, min), compare(max, max + 1), compare(max, max + 0.0), compare(min, min + 0.0))
print(math.ult(1, -1), math.tointeger(2 ^ 53), math.tointeger(2 ^ 63), math.type(max + 1), math.type(max + 1.0))
