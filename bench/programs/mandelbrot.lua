-- Escape times of the Mandelbrot set: pure floating-point loops.
local function escape(cr, ci, limit)
  local zr, zi = 0.0, 0.0
  for i = 1, limit do
    local r2, i2 = zr * zr, zi * zi
    if r2 + i2 > 4.0 then
      return i
    end
    zi = 2.0 * zr * zi + ci
    zr = r2 - i2 + cr
  end
  return 0
end

local size = tonumber(arg and arg[1]) or 1400
local limit = 100
local inside, sum = 0, 0
for y = 0, size - 1 do
  local ci = 2.0 * y / size - 1.0
  for x = 0, size - 1 do
    local n = escape(2.0 * x / size - 1.5, ci, limit)
    if n == 0 then
      inside = inside + 1
    else
      sum = sum + n
    end
  end
end
print(string.format("%d inside, escapes %d", inside, sum))
