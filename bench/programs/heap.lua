-- A priority queue as a binary heap: sorting, and shortest paths through a grid.
local Heap = {}
Heap.__index = Heap

function Heap.new(before)
  return setmetatable({ size = 0, items = {}, before = before }, Heap)
end

function Heap:push(item)
  local items, before = self.items, self.before
  local i = self.size + 1
  self.size = i
  while i > 1 do
    local parent = math.floor(i / 2)
    if not before(item, items[parent]) then
      break
    end
    items[i] = items[parent]
    i = parent
  end
  items[i] = item
end

function Heap:pop()
  local items, before, size = self.items, self.before, self.size
  if size == 0 then
    return nil
  end
  local top, last = items[1], items[size]
  items[size] = nil
  size = size - 1
  self.size = size
  if size > 0 then
    local i = 1
    while 2 * i <= size do
      local child = 2 * i
      if child < size and before(items[child + 1], items[child]) then
        child = child + 1
      end
      if not before(items[child], last) then
        break
      end
      items[i] = items[child]
      i = child
    end
    items[i] = last
  end
  return top
end

local seed = 99
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end

local function sorted_sum(n)
  local heap = Heap.new(function(a, b)
    return a < b
  end)
  for _ = 1, n do
    heap:push(random(1000000))
  end
  local sum, last, place = 0, -1, 0
  while heap.size > 0 do
    local value = heap:pop()
    assert(value >= last)
    last, place = value, place + 1
    sum = (sum + value * place) % 1000000007
  end
  return sum
end

local function shortest_path(width, height)
  local costs, distances = {}, {}
  for i = 1, width * height do
    costs[i], distances[i] = random(9) + 1, math.huge
  end
  local queue = Heap.new(function(a, b)
    return a.distance < b.distance
  end)
  distances[1] = 0
  queue:push({ cell = 1, distance = 0 })
  local function visit(cell, distance)
    distance = distance + costs[cell]
    if distance < distances[cell] then
      distances[cell] = distance
      queue:push({ cell = cell, distance = distance })
    end
  end
  local entry = queue:pop()
  while entry do
    local cell, distance = entry.cell, entry.distance
    if distance == distances[cell] then
      local x = (cell - 1) % width
      if x > 0 then
        visit(cell - 1, distance)
      end
      if x < width - 1 then
        visit(cell + 1, distance)
      end
      if cell > width then
        visit(cell - width, distance)
      end
      if cell <= width * (height - 1) then
        visit(cell + width, distance)
      end
    end
    entry = queue:pop()
  end
  return distances[width * height]
end

local n = tonumber(arg and arg[1]) or 600000
print(string.format("%d", sorted_sum(n)))
print(string.format("%d", shortest_path(600, 500)))
