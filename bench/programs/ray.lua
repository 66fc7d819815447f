-- A small ray tracer: spheres above a chequered floor, vectors as tables with metamethods.
local sqrt, floor = math.sqrt, math.floor

local Vector = {}
Vector.__index = Vector

local function vector(x, y, z)
  return setmetatable({ x = x, y = y, z = z }, Vector)
end

function Vector.__add(a, b)
  return vector(a.x + b.x, a.y + b.y, a.z + b.z)
end

function Vector.__sub(a, b)
  return vector(a.x - b.x, a.y - b.y, a.z - b.z)
end

function Vector.__mul(a, factor)
  return vector(a.x * factor, a.y * factor, a.z * factor)
end

function Vector.__unm(a)
  return vector(-a.x, -a.y, -a.z)
end

function Vector:dot(other)
  return self.x * other.x + self.y * other.y + self.z * other.z
end

function Vector:unit()
  return self * (1 / sqrt(self:dot(self)))
end

local function reflect(direction, normal)
  return direction - normal * (2 * direction:dot(normal))
end

local Sphere = {}
Sphere.__index = Sphere

function Sphere.new(centre, radius, colour, mirror)
  return setmetatable({ centre = centre, radius = radius, colour = colour, mirror = mirror }, Sphere)
end

function Sphere:hit(origin, direction)
  local to_origin = origin - self.centre
  local b = to_origin:dot(direction)
  local discriminant = b * b - to_origin:dot(to_origin) + self.radius * self.radius
  if discriminant < 0 then
    return nil
  end
  local root = sqrt(discriminant)
  local distance = -b - root
  if distance < 1e-6 then
    distance = -b + root
  end
  return distance > 1e-6 and distance or nil
end

function Sphere:normal(point)
  return (point - self.centre) * (1 / self.radius)
end

function Sphere:colour_at()
  return self.colour
end

local Floor = {}
Floor.__index = Floor

function Floor:hit(origin, direction)
  if direction.y >= -1e-9 then
    return nil
  end
  local distance = (self.height - origin.y) / direction.y
  return distance > 1e-6 and distance or nil
end

local up = vector(0, 1, 0)
function Floor.normal()
  return up
end

function Floor:colour_at(point)
  return (floor(point.x) + floor(point.z)) % 2 == 0 and self.light or self.dark
end

local light = vector(-1, 2, -1.5):unit()
local scene = {
  Sphere.new(vector(0, 0, 4), 1, vector(0.9, 0.2, 0.2), 0.3),
  Sphere.new(vector(1.6, 0.2, 3.2), 0.7, vector(0.2, 0.8, 0.3), 0.4),
  Sphere.new(vector(-1.5, -0.3, 3), 0.6, vector(0.3, 0.4, 0.9), 0.1),
  setmetatable({ height = -1, light = vector(0.9, 0.9, 0.9), dark = vector(0.1, 0.1, 0.1), mirror = 0.1 }, Floor),
}

local function nearest(origin, direction)
  local best, best_distance = nil, math.huge
  for _, thing in ipairs(scene) do
    local distance = thing:hit(origin, direction)
    if distance and distance < best_distance then
      best, best_distance = thing, distance
    end
  end
  return best, best_distance
end

local function trace(origin, direction, depth)
  local thing, distance = nearest(origin, direction)
  if not thing then
    local t = 0.5 * (direction.y + 1)
    return vector(1 - 0.5 * t, 1 - 0.3 * t, 1)
  end
  local point = origin + direction * distance
  local normal = thing:normal(point)
  local brightness = 0.1
  local towards = normal:dot(light)
  if towards > 0 and not nearest(point + normal * 1e-4, light) then
    brightness = brightness + 0.9 * towards
  end
  local colour = thing:colour_at(point) * brightness
  if depth > 0 then
    local mirrored = trace(point + normal * 1e-4, reflect(direction, normal), depth - 1)
    colour = colour * (1 - thing.mirror) + mirrored * thing.mirror
  end
  return colour
end

local width = tonumber(arg and arg[1]) or 600
local height = floor(width * 3 / 4)
local eye, total = vector(0, 0.3, -1), vector(0, 0, 0)
for y = 1, height do
  for x = 1, width do
    local direction = vector(x / width - 0.5, (height / 2 - y) / width, 0.7):unit()
    total = total + trace(eye, direction, 3)
  end
end
local mean = total * (1 / (width * height))
print(string.format("%.6f %.6f %.6f", mean.x, mean.y, mean.z))
local middle = -trace(eye, vector(0, 0, 1), 5)
print(string.format("%.6f %.6f %.6f", -middle.x, -middle.y, -middle.z))
