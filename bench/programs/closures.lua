-- Functions made of functions: closures, upvalues, map and fold over arrays.
local function map(list, f)
  local result = {}
  for i = 1, #list do
    result[i] = f(list[i])
  end
  return result
end

local function filter(list, keep)
  local result, n = {}, 0
  for i = 1, #list do
    local value = list[i]
    if keep(value) then
      n = n + 1
      result[n] = value
    end
  end
  return result
end

local function fold(list, start, f)
  local value = start
  for i = 1, #list do
    value = f(value, list[i])
  end
  return value
end

local function compose(f, g)
  return function(x)
    return f(g(x))
  end
end

local function counter()
  local n = 0
  return function(step)
    n = n + step
    return n
  end
end

local numbers = {}
for i = 1, 2000 do
  numbers[i] = i
end

local rounds = tonumber(arg and arg[1]) or 10000
local count = counter()
local total = 0
for round = 1, rounds do
  local shift = round % 7
  local step = compose(function(x)
    return x + shift
  end, function(x)
    return x * 3
  end)
  local odd = filter(map(numbers, step), function(x)
    return x % 2 == 1
  end)
  total = total + fold(odd, 0, function(sum, x)
    count(1)
    return sum + x
  end)
end
print(string.format("%d %d", total, count(0)))
