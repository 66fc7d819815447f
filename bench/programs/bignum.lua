-- Arbitrary-precision natural numbers: factorials, Fibonacci numbers, digits of pi.
local BASE = 10000000
local DIGITS = 7
local floor = math.floor

local Big = {}
Big.__index = Big

function Big.new(value)
  local big = setmetatable({}, Big)
  repeat
    big[#big + 1] = value % BASE
    value = floor(value / BASE)
  until value == 0
  return big
end

function Big.__add(a, b)
  local sum, carry = setmetatable({}, Big), 0
  for i = 1, math.max(#a, #b) do
    local digit = (a[i] or 0) + (b[i] or 0) + carry
    if digit >= BASE then
      sum[i], carry = digit - BASE, 1
    else
      sum[i], carry = digit, 0
    end
  end
  if carry > 0 then
    sum[#sum + 1] = carry
  end
  return sum
end

local function trim(big)
  while #big > 1 and big[#big] == 0 do
    big[#big] = nil
  end
  return big
end

function Big.__sub(a, b)
  local difference, borrow = setmetatable({}, Big), 0
  for i = 1, #a do
    local digit = a[i] - (b[i] or 0) - borrow
    if digit < 0 then
      difference[i], borrow = digit + BASE, 1
    else
      difference[i], borrow = digit, 0
    end
  end
  return trim(difference)
end

local function multiply_small(a, factor)
  local product, carry = setmetatable({}, Big), 0
  for i = 1, #a do
    local digit = a[i] * factor + carry
    carry = floor(digit / BASE)
    product[i] = digit - carry * BASE
  end
  while carry > 0 do
    product[#product + 1] = carry % BASE
    carry = floor(carry / BASE)
  end
  return trim(product)
end

function Big.__mul(a, b)
  if type(b) == "number" then
    return multiply_small(a, b)
  end
  local product = setmetatable({}, Big)
  for i = 1, #a + #b do
    product[i] = 0
  end
  for i = 1, #a do
    local carry, digit_a = 0, a[i]
    for j = 1, #b do
      local digit = product[i + j - 1] + digit_a * b[j] + carry
      carry = floor(digit / BASE)
      product[i + j - 1] = digit - carry * BASE
    end
    product[i + #b] = carry
  end
  return trim(product)
end

function Big:divide_small(divisor)
  local quotient, rest = setmetatable({}, Big), 0
  for i = #self, 1, -1 do
    local value = rest * BASE + self[i]
    quotient[i] = floor(value / divisor)
    rest = value % divisor
  end
  return trim(quotient), rest
end

function Big:__tostring()
  local parts = { string.format("%d", self[#self]) }
  for i = #self - 1, 1, -1 do
    parts[#parts + 1] = string.format("%0" .. DIGITS .. "d", self[i])
  end
  return table.concat(parts)
end

local function show(name, big)
  local text = tostring(big)
  print(string.format("%s: %d digits, %s...%s", name, #text, text:sub(1, 20), text:sub(-20)))
end

-- Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239)
local function arctan_inverse(x, unity)
  local power = unity:divide_small(x)
  local sum, n, subtract = power, 3, true
  while #power > 1 or power[1] > 0 do
    power = power:divide_small(x * x)
    local term = power:divide_small(n)
    sum = subtract and sum - term or sum + term
    n, subtract = n + 2, not subtract
  end
  return sum
end

local n = tonumber(arg and arg[1]) or 7000
local factorial = Big.new(1)
for i = 2, n do
  factorial = factorial * i
end
show("factorial", factorial)

local a, b = Big.new(0), Big.new(1)
for _ = 1, n * 5 do
  a, b = b, a + b
end
show("fibonacci", a)

local power = Big.new(3)
for _ = 1, 13 do
  power = power * power
end
show("power", power)

local unity = Big.new(1)
for _ = 1, n / DIGITS + 2 do
  unity = unity * BASE
end
show("pi", arctan_inverse(5, unity) * 16 - arctan_inverse(239, unity) * 4)
