-- Largest singular value of an infinite matrix: small functions called in nested loops, arrays of floats.
local function a(i, j)
  local ij = i + j - 1
  return 1.0 / (ij * (ij - 1) * 0.5 + i)
end

local function multiply(n, x, y)
  for i = 1, n do
    local sum = 0.0
    for j = 1, n do
      sum = sum + x[j] * a(i, j)
    end
    y[i] = sum
  end
end

local function multiply_transposed(n, x, y)
  for i = 1, n do
    local sum = 0.0
    for j = 1, n do
      sum = sum + x[j] * a(j, i)
    end
    y[i] = sum
  end
end

local function multiply_both(n, x, y, t)
  multiply(n, x, t)
  multiply_transposed(n, t, y)
end

local n = tonumber(arg and arg[1]) or 1100
local u, v, t = {}, {}, {}
for i = 1, n do
  u[i] = 1.0
end
for _ = 1, 10 do
  multiply_both(n, u, v, t)
  multiply_both(n, v, u, t)
end
local uv, vv = 0.0, 0.0
for i = 1, n do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print(string.format("%.9f", math.sqrt(uv / vv)))
