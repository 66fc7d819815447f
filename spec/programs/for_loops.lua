-- Numeric for: limits that are never reached, overflow, float steps, changed control variables.
local max, min = math.maxinteger, math.mininteger

local function count(a, b, c)
  local n, last = 0, nil
  for i = a, b, c do
    n, last = n + 1, i
    if n == 5000 then
      break
    end
  end
  return n, last
end

for i = 1, 300 do
  count(1, i, 1)
end
print(count(1, 10, 1))
print(count(10, 1, 1))
print(count(10, 1, -1))
print(count(10, 1, -3))
print(count(1, 3, 0.5))
print(count(1.0, 3, 1))
print(count(1, 3.9, 1))
print(count(1, -3.9, -1))
print(count(max - 2, max, 1))
print(count(max - 2, max, 2))
print(count(min + 2, min, -1))
print(count(min, max, max))
print(count(max, min, min))
print(count(1, math.huge, 1))
print(count(1, -math.huge, -1))
print(count(0.1, 1, 0.1))
print(count(1, 0 / 0, 1))
print(pcall(count, 1, 10, 0))
print(pcall(count, 1, 10, 0.0))
print(pcall(count, "a", 10, 1))
print(pcall(count, 1, {}, 1))
print(pcall(count, 1, 10, nil))
print(pcall(count, "1", 10, 1))

local function copies(n)
  local sum = 0
  for i = 1, n do
    local saved = i
    i = i * 2
    sum = sum + i - saved
  end
  return sum
end
print(copies(5000))

local functions = {}
for i = 1, 3000 do
  functions[i] = function()
    i = i + 1
    return i
  end
end
local sum = 0
for i = 1, #functions do
  sum = sum + functions[i]() + functions[i]()
end
print(sum)

local nested = 0
for i = 1, 60 do
  for j = i, 60, 2 do
    for k = 60, j, -3 do
      nested = nested + (i ~ j ~ k)
    end
  end
end
print(nested)
