-- Infinities, NaN, signed zero, and floats that are integers.
local inf, nan = math.huge, 0.0 / 0.0

local function classify(x)
  if x ~= x then
    return "nan"
  elseif x == inf then
    return "inf"
  elseif x == -inf then
    return "-inf"
  elseif x == 0 then
    return 1 / x < 0 and "-0" or "0"
  end
  return "number"
end

local values = { 0.0, -0.0, inf, -inf, nan, 1.5, -2.0, 1e308, 5e-324 }
local counts = {}
for i = 0, 8999 do
  local c = classify(values[i % 9 + 1])
  counts[c] = (counts[c] or 0) + 1
end
for _, name in ipairs { "nan", "inf", "-inf", "-0", "0", "number" } do
  print(name, counts[name])
end

local function arith(a, b)
  return a + b, a - b, a * b, a / b, a // b, a % b, a ^ 2
end
local function show(...)
  local t = {}
  for i = 1, select("#", ...) do
    local x = (select(i, ...))
    t[i] = x ~= x and "nan" or string.format("%.14g", x)
  end
  return table.concat(t, " ")
end
for i = 1, 3000 do
  arith(i + 0.5, 3.0)
end
for _, a in ipairs(values) do
  for _, b in ipairs(values) do
    print(show(arith(a, b)))
  end
end

local function less(a, b)
  return (a < b and 1 or 0) + (a <= b and 2 or 0) + (a == b and 4 or 0)
end
local sum = 0
for i = 1, 2000 do
  sum = sum + less(i * 0.5, 500)
end
print(sum, less(nan, nan), less(1, nan), less(nan, 1), less(inf, math.maxinteger), less(math.mininteger, -inf))
print(2 ^ 53 == 2 ^ 53 + 1, math.maxinteger + 0.0 == math.maxinteger, math.maxinteger < math.maxinteger + 0.0)
print(5.0 // 0, -5.0 // 0, 0.0 // 0 ~= 0.0 // 0, 5 % inf, -5 % inf, 5.5 % -inf, -0.0)
