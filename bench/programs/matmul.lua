-- Product of two square matrices: arrays of arrays.
local function matrix(n, f)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do
      row[j] = f(i, j)
    end
    m[i] = row
  end
  return m
end

local function transpose(m, n)
  return matrix(n, function(i, j)
    return m[j][i]
  end)
end

local function multiply(x, y, n)
  local t = transpose(y, n)
  local r = {}
  for i = 1, n do
    local xi, ri = x[i], {}
    for j = 1, n do
      local tj, sum = t[j], 0.0
      for k = 1, n do
        sum = sum + xi[k] * tj[k]
      end
      ri[j] = sum
    end
    r[i] = ri
  end
  return r
end

local n = tonumber(arg and arg[1]) or 540
local scale = 1.0 / n / n
local a = matrix(n, function(i, j)
  return scale * (i - j) * (i + j - 2)
end)
local b = matrix(n, function(i, j)
  return scale * (i - j) * (i + j - 2) + 1.0
end)
local c = multiply(a, b, n)
local half = math.floor(n / 2) + 1
print(string.format("%.6f %.6f %.6f", c[1][1], c[half][half], c[n][n]))
