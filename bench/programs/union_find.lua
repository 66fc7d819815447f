-- Disjoint sets with union by size and path halving: percolation of a grid, a minimum spanning tree.
local Sets = {}
Sets.__index = Sets

function Sets.new(n)
  local parents, sizes = {}, {}
  for i = 1, n do
    parents[i], sizes[i] = i, 1
  end
  return setmetatable({ parents = parents, sizes = sizes, count = n }, Sets)
end

function Sets:find(x)
  local parents = self.parents
  while parents[x] ~= x do
    parents[x] = parents[parents[x]]
    x = parents[x]
  end
  return x
end

function Sets:union(a, b)
  local sizes = self.sizes
  a, b = self:find(a), self:find(b)
  if a == b then
    return false
  end
  if sizes[a] < sizes[b] then
    a, b = b, a
  end
  self.parents[b] = a
  sizes[a] = sizes[a] + sizes[b]
  self.count = self.count - 1
  return true
end

local seed = 4711
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n + 1
end

-- Opens random cells until the top row is connected with the bottom row.
local function percolate(side)
  local top, bottom = side * side + 1, side * side + 2
  local sets, open, opened = Sets.new(side * side + 2), {}, 0
  while sets:find(top) ~= sets:find(bottom) do
    local x, y = random(side), random(side)
    local cell = (y - 1) * side + x
    if not open[cell] then
      open[cell] = true
      opened = opened + 1
      if x > 1 and open[cell - 1] then
        sets:union(cell, cell - 1)
      end
      if x < side and open[cell + 1] then
        sets:union(cell, cell + 1)
      end
      if y == 1 then
        sets:union(cell, top)
      elseif open[cell - side] then
        sets:union(cell, cell - side)
      end
      if y == side then
        sets:union(cell, bottom)
      elseif open[cell + side] then
        sets:union(cell, cell + side)
      end
    end
  end
  return opened
end

local function spanning_tree(nodes, edge_count)
  local edges = {}
  for i = 1, edge_count do
    edges[i] = { from = random(nodes), to = random(nodes), weight = random(1000000) }
  end
  table.sort(edges, function(a, b)
    return a.weight < b.weight
  end)
  local sets, total = Sets.new(nodes), 0
  for _, edge in ipairs(edges) do
    if sets:union(edge.from, edge.to) then
      total = total + edge.weight
    end
  end
  return sets.count, total
end

local rounds = tonumber(arg and arg[1]) or 220
local opened = 0
for _ = 1, rounds do
  opened = opened + percolate(100)
end
print(string.format("opened %d", opened))
print(string.format("%d trees, weight %d", spanning_tree(50000, 150000)))
