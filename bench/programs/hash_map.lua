-- Tables as maps: keys that are strings, whole numbers, floats and booleans; insertion, deletion, iteration.
local format = string.format

local function string_keys(n)
  local map, names = {}, {}
  for i = 1, n do
    names[i] = "key" .. i * 7919 % n
  end
  for i, name in ipairs(names) do
    map[name] = (map[name] or 0) + i
  end
  local sum, count = 0, 0
  for key, value in pairs(map) do
    sum = (sum + #key * value) % 1000000007
    count = count + 1
  end
  return count, sum
end

local function sparse_keys(n)
  local map = {}
  for i = 1, n do
    map[i * 7919 % 1000003] = i
  end
  local found, sum = 0, 0
  for key = 1, 1000003, 3 do
    local value = map[key]
    if value then
      found = found + 1
      sum = (sum + value) % 1000000007
    end
  end
  return found, sum
end

local function float_keys(n)
  local map = {}
  for i = 1, n do
    local key = i / 8
    map[key] = (map[key] or 0) + i
    map[key * 2] = (map[key * 2] or 0) + 1
  end
  local sum = 0
  for i = 1, n do
    sum = sum + map[i / 8]
  end
  return n, sum
end

local function delete_and_insert(n)
  local map, size = {}, 0
  for i = 1, n do
    local key = i * 31 % 4099
    if map[key] then
      map[key] = nil
      size = size - 1
    else
      map[key] = i
      size = size + 1
    end
  end
  local sum = 0
  for key, value in pairs(map) do
    sum = (sum + key * value) % 1000000007
  end
  return size, sum
end

local function nested_keys(n)
  local people = {}
  local cities = { "Berlin", "Paris", "Rome", "Oslo", "Vienna" }
  for i = 1, n do
    local city = cities[i % #cities + 1]
    local list = people[city]
    if not list then
      list = { [true] = 0, [false] = 0 }
      people[city] = list
    end
    local grown = i % 100 >= 18
    list[grown] = list[grown] + 1
  end
  local grown, children = 0, 0
  for _, city in ipairs(cities) do
    grown = grown + people[city][true]
    children = children + people[city][false]
  end
  return grown, children
end

local n = tonumber(arg and arg[1]) or 400000
print(format("strings: %d %d", string_keys(n)))
print(format("sparse: %d %d", sparse_keys(n)))
print(format("floats: %d %d", float_keys(n)))
print(format("deleting: %d %d", delete_and_insert(n * 10)))
print(format("nested: %d %d", nested_keys(n * 10)))
