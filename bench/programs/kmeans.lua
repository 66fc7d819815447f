-- Clustering of points in the plane by k-means.
local seed = 7
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end

local function make_points(n, centres)
  local points = {}
  for i = 1, n do
    local centre = centres[i % #centres + 1]
    points[i] = {
      x = centre.x + random() + random() + random() - 1.5,
      y = centre.y + random() + random() + random() - 1.5,
      cluster = 0,
    }
  end
  return points
end

local function nearest(point, means)
  local best, best_distance = 0, math.huge
  for i, mean in ipairs(means) do
    local dx, dy = point.x - mean.x, point.y - mean.y
    local distance = dx * dx + dy * dy
    if distance < best_distance then
      best, best_distance = i, distance
    end
  end
  return best, best_distance
end

local function assign(points, means)
  local changed, error_sum = 0, 0.0
  for _, point in ipairs(points) do
    local cluster, distance = nearest(point, means)
    if cluster ~= point.cluster then
      point.cluster = cluster
      changed = changed + 1
    end
    error_sum = error_sum + distance
  end
  return changed, error_sum
end

local function update(points, means)
  for _, mean in ipairs(means) do
    mean.sum_x, mean.sum_y, mean.count = 0.0, 0.0, 0
  end
  for _, point in ipairs(points) do
    local mean = means[point.cluster]
    mean.sum_x = mean.sum_x + point.x
    mean.sum_y = mean.sum_y + point.y
    mean.count = mean.count + 1
  end
  for _, mean in ipairs(means) do
    if mean.count > 0 then
      mean.x, mean.y = mean.sum_x / mean.count, mean.sum_y / mean.count
    end
  end
end

local centres = {}
for i = 1, 12 do
  centres[i] = { x = random() * 12, y = random() * 12 }
end
local n = tonumber(arg and arg[1]) or 30000
local points = make_points(n, centres)

local means = {}
for i = 1, #centres do
  means[i] = { x = points[i * 97].x, y = points[i * 97].y }
end

local rounds = 0
local changed, error_sum
repeat
  changed, error_sum = assign(points, means)
  update(points, means)
  rounds = rounds + 1
until changed == 0 or rounds == 60

print(string.format("%d rounds, error %.6f", rounds, error_sum))
table.sort(means, function(a, b)
  return a.x < b.x
end)
for _, mean in ipairs(means) do
  print(string.format("%.6f %.6f %d", mean.x, mean.y, mean.count))
end
