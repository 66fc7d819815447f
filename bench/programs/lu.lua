-- Systems of linear equations solved by LU decomposition with partial pivoting.
local abs = math.abs

local seed = 12345
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647 - 0.5
end

local function random_matrix(n)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do
      row[j] = random()
    end
    m[i] = row
  end
  return m
end

local function copy(m)
  local result = {}
  for i, row in ipairs(m) do
    local new = {}
    for j = 1, #row do
      new[j] = row[j]
    end
    result[i] = new
  end
  return result
end

-- Replaces m by its factors; returns the permutation of rows and its sign.
local function decompose(m)
  local n = #m
  local order, sign = {}, 1
  for i = 1, n do
    order[i] = i
  end
  for k = 1, n do
    local best = k
    for i = k + 1, n do
      if abs(m[i][k]) > abs(m[best][k]) then
        best = i
      end
    end
    if best ~= k then
      m[k], m[best] = m[best], m[k]
      order[k], order[best] = order[best], order[k]
      sign = -sign
    end
    local pivot_row = m[k]
    local pivot = pivot_row[k]
    for i = k + 1, n do
      local row = m[i]
      local factor = row[k] / pivot
      row[k] = factor
      for j = k + 1, n do
        row[j] = row[j] - factor * pivot_row[j]
      end
    end
  end
  return order, sign
end

local function solve(lu, order, b)
  local n, x = #lu, {}
  for i = 1, n do
    local sum, row = b[order[i]], lu[i]
    for j = 1, i - 1 do
      sum = sum - row[j] * x[j]
    end
    x[i] = sum
  end
  for i = n, 1, -1 do
    local sum, row = x[i], lu[i]
    for j = i + 1, n do
      sum = sum - row[j] * x[j]
    end
    x[i] = sum / row[i]
  end
  return x
end

local n = tonumber(arg and arg[1]) or 200
local positive, worst, total = 0, 0, 0
for _ = 1, 40 do
  local m = random_matrix(n)
  local b = {}
  for i = 1, n do
    b[i] = random()
  end
  local lu = copy(m)
  local order, sign = decompose(lu)
  local x = solve(lu, order, b)
  for i = 1, n do
    local sum = -b[i]
    for j = 1, n do
      sum = sum + m[i][j] * x[j]
    end
    worst = math.max(worst, abs(sum))
    if lu[i][i] < 0 then
      sign = -sign
    end
    total = total + abs(lu[i][i])
  end
  if sign > 0 then
    positive = positive + 1
  end
end
print(string.format("%d positive determinants", positive))
print(string.format("%.6f", total))
print(worst < 1e-8 and "solved" or "not solved")
