-- Sparse matrices in compressed rows: products with vectors and the conjugate gradient method.
local function laplacian(width, height)
  local values, columns, starts = {}, {}, { 1 }
  local count = 0
  local function add(column, value)
    count = count + 1
    columns[count], values[count] = column, value
  end
  for y = 1, height do
    for x = 1, width do
      local i = (y - 1) * width + x
      if y > 1 then
        add(i - width, -1.0)
      end
      if x > 1 then
        add(i - 1, -1.0)
      end
      add(i, 4.0)
      if x < width then
        add(i + 1, -1.0)
      end
      if y < height then
        add(i + width, -1.0)
      end
      starts[i + 1] = count + 1
    end
  end
  return { n = width * height, values = values, columns = columns, starts = starts }
end

local function multiply(matrix, x, result)
  local values, columns, starts = matrix.values, matrix.columns, matrix.starts
  for i = 1, matrix.n do
    local sum = 0.0
    for k = starts[i], starts[i + 1] - 1 do
      sum = sum + values[k] * x[columns[k]]
    end
    result[i] = sum
  end
end

local function dot(a, b)
  local sum = 0.0
  for i = 1, #a do
    sum = sum + a[i] * b[i]
  end
  return sum
end

-- a = a * scale + b * factor
local function update(a, scale, b, factor)
  for i = 1, #a do
    a[i] = a[i] * scale + b[i] * factor
  end
end

local function conjugate_gradient(matrix, b, limit)
  local x, residual, direction, product = {}, {}, {}, {}
  for i = 1, matrix.n do
    x[i], residual[i], direction[i] = 0.0, b[i], b[i]
  end
  local norm, steps = dot(residual, residual), 0
  while norm > 1e-12 and steps < limit do
    multiply(matrix, direction, product)
    local alpha = norm / dot(direction, product)
    update(x, 1.0, direction, alpha)
    update(residual, 1.0, product, -alpha)
    local new = dot(residual, residual)
    update(direction, new / norm, residual, 1.0)
    norm, steps = new, steps + 1
  end
  return x, steps
end

local side = tonumber(arg and arg[1]) or 145
local matrix = laplacian(side, side)
local b = {}
for i = 1, matrix.n do
  b[i] = (i * 31 % 17) / 17
end
local x, steps = conjugate_gradient(matrix, b, 1000)
local check = {}
multiply(matrix, x, check)
local worst = 0
for i = 1, matrix.n do
  worst = math.max(worst, math.abs(check[i] - b[i]))
end
print(string.format("%d entries, %d steps", #matrix.values, steps))
print(string.format("%.6f %.6f", x[1], dot(x, b)))
print(worst < 1e-5 and "solved" or "not solved")
