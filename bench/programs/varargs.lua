-- Functions with variable numbers of arguments: select, unpacking, passing on, packing.
-- luacheck: std max
local unpack = table.unpack or unpack
local pack = table.pack or function(...)
  return { n = select("#", ...), ... }
end

local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do
    total = total + (select(i, ...) or 0)
  end
  return total
end

local function sum_packed(...)
  local total = 0
  local arguments = { ... }
  for i = 1, #arguments do
    total = total + arguments[i]
  end
  return total
end

local function largest(first, ...)
  if select("#", ...) == 0 then
    return first
  end
  local other = largest(...)
  return other > first and other or first
end

local function bind(f, ...)
  local bound = pack(...)
  return function(...)
    local arguments = { unpack(bound, 1, bound.n) }
    for i = 1, select("#", ...) do
      arguments[bound.n + i] = (select(i, ...))
    end
    return f(unpack(arguments, 1, bound.n + select("#", ...)))
  end
end

local function count_nils(...)
  local arguments, nils = pack(...), 0
  for i = 1, arguments.n do
    if arguments[i] == nil then
      nils = nils + 1
    end
  end
  return nils
end

local function reverse(n, first, ...)
  if n <= 1 then
    return first
  end
  local function append(...)
    return ...
  end
  local rest = pack(reverse(n - 1, ...))
  rest[rest.n + 1] = first
  return append(unpack(rest, 1, rest.n + 1))
end

local function pass(...)
  return ...
end

local function twice(...)
  return pass(pass(...))
end

local n = tonumber(arg and arg[1]) or 1500000
local total = 0
for i = 1, n do
  total = total + sum(i, 2, nil, 4, 5) + sum_packed(1, i, 3, 4)
  total = total + largest(i % 3, i % 5, i % 7, i % 11)
  total = total + count_nils(nil, i, nil, nil)
  total = total + select("#", twice(i, nil, nil))
end
print(string.format("%d", total))

local scaled = bind(sum, 10, 20)
total = 0
for i = 1, n / 2 do
  total = total + scaled(i, i + 1) + scaled()
end
print(string.format("%d", total))

local list = {}
for i = 1, 200 do
  list[i] = i
end
total = 0
for _ = 1, n / 1000 do
  total = total + sum(unpack(list)) + sum_packed(unpack(list, 50, 150))
end
print(string.format("%d", total))
local first, second, third = reverse(9, 1, 2, 3, 4, 5, 6, 7, 8, 9)
print(string.format("%d %d %d", first, second, third))
