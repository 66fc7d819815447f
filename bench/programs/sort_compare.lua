-- Sorting: table.sort with comparison functions, quicksort, merge sort and shell sort written in Lua.
local floor = math.floor

local function quicksort(list, before, from, to)
  while from < to do
    local pivot = list[floor((from + to) / 2)]
    local i, j = from, to
    while i <= j do
      while before(list[i], pivot) do
        i = i + 1
      end
      while before(pivot, list[j]) do
        j = j - 1
      end
      if i <= j then
        list[i], list[j] = list[j], list[i]
        i, j = i + 1, j - 1
      end
    end
    if j - from < to - i then
      quicksort(list, before, from, j)
      from = i
    else
      quicksort(list, before, i, to)
      to = j
    end
  end
end

local function mergesort(list, before)
  local n, width = #list, 1
  local source, target = list, {}
  while width < n do
    for from = 1, n, 2 * width do
      local middle, to = math.min(from + width, n + 1), math.min(from + 2 * width, n + 1)
      local i, j = from, middle
      for k = from, to - 1 do
        if i < middle and (j >= to or not before(source[j], source[i])) then
          target[k], i = source[i], i + 1
        else
          target[k], j = source[j], j + 1
        end
      end
    end
    source, target = target, source
    width = width * 2
  end
  return source
end

local function shellsort(list, before)
  local n = #list
  local gap = 1
  while gap < n / 3 do
    gap = 3 * gap + 1
  end
  while gap >= 1 do
    for i = gap + 1, n do
      local value, j = list[i], i
      while j > gap and before(value, list[j - gap]) do
        list[j] = list[j - gap]
        j = j - gap
      end
      list[j] = value
    end
    gap = floor(gap / 3)
  end
end

local function ascending(a, b)
  return a < b
end

local function by_name_and_age(a, b)
  if a.name ~= b.name then
    return a.name < b.name
  elseif a.age ~= b.age then
    return a.age > b.age
  end
  return a.id < b.id
end

local seed = 17
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end

local function numbers(n)
  local list = {}
  for i = 1, n do
    list[i] = random(1000000)
  end
  return list
end

local function people(n)
  local names, list = { "Ann", "Bob", "Cid", "Dora", "Eve", "Fritz" }, {}
  for i = 1, n do
    list[i] = { id = i, name = names[random(#names) + 1], age = random(90) }
  end
  return list
end

local function checksum(list)
  local sum = 0
  for i, value in ipairs(list) do
    sum = (sum * 31 + i * (type(value) == "table" and value.id or value)) % 1000003
  end
  return sum
end

local n = tonumber(arg and arg[1]) or 90000

local list = numbers(n)
table.sort(list)
print(string.format("sort %d", checksum(list)))
list = numbers(n)
table.sort(list, function(a, b)
  return a > b
end)
print(string.format("sort descending %d", checksum(list)))
list = numbers(n)
quicksort(list, ascending, 1, n)
print(string.format("quicksort %d", checksum(list)))
print(string.format("mergesort %d", checksum(mergesort(numbers(n), ascending))))
list = numbers(n)
shellsort(list, ascending)
print(string.format("shellsort %d", checksum(list)))

for round = 1, 2 do
  local records = people(n)
  table.sort(records, by_name_and_age)
  print(string.format("%d records %d", round, checksum(records)))
  quicksort(records, function(a, b)
    return a.id < b.id
  end, 1, n)
  print(string.format("%d restored %d", round, checksum(records)))
  print(string.format("%d stable %d", round, checksum(mergesort(records, function(a, b)
    return a.age < b.age
  end))))
end
