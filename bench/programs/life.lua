-- Conway's game of life, on a torus of rows and on an endless plane of live cells only.
local function new_grid(width, height)
  local grid = { width = width, height = height }
  for y = 1, height do
    local row = {}
    for x = 1, width do
      row[x] = 0
    end
    grid[y] = row
  end
  return grid
end

local function place(grid, pattern, left, top)
  local y = top
  for line in pattern:gmatch("[^\n]+") do
    for x = 1, #line do
      if line:sub(x, x) == "#" then
        grid[y][left + x - 1] = 1
      end
    end
    y = y + 1
  end
end

local function step(grid, target)
  local width, height = grid.width, grid.height
  for y = 1, height do
    local above, row, below = grid[y > 1 and y - 1 or height], grid[y], grid[y < height and y + 1 or 1]
    local new = target[y]
    for x = 1, width do
      local left, right = x > 1 and x - 1 or width, x < width and x + 1 or 1
      local count = above[left] + above[x] + above[right] + row[left] + row[right]
        + below[left] + below[x] + below[right]
      if count == 3 or count == 2 and row[x] == 1 then
        new[x] = 1
      else
        new[x] = 0
      end
    end
  end
end

local function population(grid)
  local count, sum = 0, 0
  for y, row in ipairs(grid) do
    for x, cell in ipairs(row) do
      if cell == 1 then
        count = count + 1
        sum = (sum + x * y) % 1000003
      end
    end
  end
  return count, sum
end

-- Cells of the endless plane are numbered; only the live ones are keys of the set.
local STRIDE = 65536
local offsets = { -STRIDE - 1, -STRIDE, -STRIDE + 1, -1, 1, STRIDE - 1, STRIDE, STRIDE + 1 }

local function step_set(cells)
  local counts, new = {}, {}
  for cell in pairs(cells) do
    for i = 1, #offsets do
      local other = cell + offsets[i]
      counts[other] = (counts[other] or 0) + 1
    end
  end
  for cell, count in pairs(counts) do
    if count == 3 or count == 2 and cells[cell] then
      new[cell] = true
    end
  end
  return new
end

local gun = [[
........................#...........
......................#.#...........
............##......##............##
...........#...#....##............##
##........#.....#...##..............
##........#...#.##....#.#...........
..........#.....#.......#...........
...........#...#....................
............##......................
]]
local acorn = ".#.....\n...#...\n##..###\n"

local steps = tonumber(arg and arg[1]) or 2800
local grid, other = new_grid(100, 80), new_grid(100, 80)
place(grid, gun, 5, 5)
place(grid, acorn, 60, 60)
for _ = 1, steps do
  step(grid, other)
  grid, other = other, grid
end
print(string.format("%d cells, %d", population(grid)))

local cells = {}
local y = 1000
for line in acorn:gmatch("[^\n]+") do
  for x = 1, #line do
    if line:sub(x, x) == "#" then
      cells[y * STRIDE + 1000 + x] = true
    end
  end
  y = y + 1
end
for _ = 1, steps do
  cells = step_set(cells)
end
local count, sum = 0, 0
for cell in pairs(cells) do
  count = count + 1
  sum = (sum + cell) % 1000003
end
print(string.format("%d cells, %d", count, sum))
