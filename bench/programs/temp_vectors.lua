-- Short-lived small tables: vectors made by functions, complex numbers with metamethods, pairs returned in tables.
local function add(a, b)
  return { a[1] + b[1], a[2] + b[2], a[3] + b[3] }
end

local function scale(a, factor)
  return { a[1] * factor, a[2] * factor, a[3] * factor }
end

local function cross(a, b)
  return { a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3], a[1] * b[2] - a[2] * b[1] }
end

local function dot(a, b)
  return a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
end

-- A charged particle in a magnetic field.
local function spiral(steps)
  local place, speed, field = { 0.0, 0.0, 0.0 }, { 1.0, 0.0, 0.5 }, { 0.0, 0.1, 1.0 }
  local dt = 0.001
  for _ = 1, steps do
    local middle = add(speed, scale(cross(speed, field), dt / 2))
    speed = add(speed, scale(cross(middle, field), dt))
    place = add(place, scale(speed, dt))
  end
  return place, dot(speed, speed)
end

local Complex = {}
Complex.__index = Complex

local function complex(re, im)
  return setmetatable({ re = re, im = im }, Complex)
end

function Complex.__add(a, b)
  return complex(a.re + b.re, a.im + b.im)
end

function Complex.__mul(a, b)
  return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
end

function Complex.__eq(a, b)
  return a.re == b.re and a.im == b.im
end

function Complex:size()
  return self.re * self.re + self.im * self.im
end

local function julia(width, limit)
  local c, total = complex(-0.75, 0.11), 0
  for y = 1, width do
    for x = 1, width do
      local z, n = complex(x / width * 3 - 1.5, y / width * 3 - 1.5), 0
      while n < limit and z:size() <= 4 do
        z = z * z + c
        n = n + 1
      end
      total = total + n
    end
  end
  return total
end

local function min_max(list)
  local low, high = list[1], list[1]
  for _, x in ipairs(list) do
    if x < low then
      low = x
    end
    if x > high then
      high = x
    end
  end
  return { low = low, high = high }
end

local n = tonumber(arg and arg[1]) or 1500000
local place, energy = spiral(n)
print(string.format("%.6f %.6f %.6f %.6f", place[1], place[2], place[3], energy))
print(string.format("%d", julia(math.floor(n / 5000), 100)))
local sum = 0
for i = 1, n do
  local range = min_max({ i % 7, i % 11, i % 13 })
  sum = sum + range.high - range.low
end
print(string.format("%d", sum))
print(complex(1, 2) * complex(3, 4) == complex(-5, 10))
