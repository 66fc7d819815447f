-- Successive over-relaxation of a temperature grid with fixed borders.
local function make_grid(size)
  local grid = {}
  for i = 1, size do
    local row = {}
    for j = 1, size do
      row[j] = 0.0
    end
    grid[i] = row
  end
  for k = 1, size do
    grid[1][k] = 100.0
    grid[k][1] = 100.0 - 100.0 * k / size
  end
  return grid
end

local function relax(grid, omega)
  local size = #grid
  local quarter, keep = omega * 0.25, 1 - omega
  local change = 0.0
  for i = 2, size - 1 do
    local above, row, below = grid[i - 1], grid[i], grid[i + 1]
    for j = 2, size - 1 do
      local old = row[j]
      local new = quarter * (above[j] + below[j] + row[j - 1] + row[j + 1]) + keep * old
      row[j] = new
      change = change + (new - old) * (new - old)
    end
  end
  return change
end

local steps = tonumber(arg and arg[1]) or 450
local size = 300
local grid = make_grid(size)
local change
for step = 1, steps do
  change = relax(grid, 1.9)
  if step % 150 == 0 then
    print(string.format("step %d: change %.9f", step, change))
  end
end

local sum = 0.0
for i = 1, size do
  for j = 1, size do
    sum = sum + grid[i][j]
  end
end
print(string.format("mean %.9f, centre %.9f", sum / (size * size), grid[size / 2][size / 2]))
