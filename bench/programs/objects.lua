-- Balls in a box: classes by metatables, inheritance, method calls.
local Body = {}
Body.__index = Body

function Body.new(class, x, y, vx, vy)
  return setmetatable({ x = x, y = y, vx = vx, vy = vy, hits = 0 }, class)
end

function Body:move(dt)
  self.x = self.x + self.vx * dt
  self.y = self.y + self.vy * dt
end

function Body:bounce(width, height)
  if self.x < 0 or self.x > width then
    self.vx = -self.vx
    self:hit()
  end
  if self.y < 0 or self.y > height then
    self.vy = -self.vy
    self:hit()
  end
end

function Body:hit()
  self.hits = self.hits + 1
end

function Body:energy()
  return 0.5 * (self.vx * self.vx + self.vy * self.vy)
end

local Heavy = setmetatable({}, { __index = Body })
Heavy.__index = Heavy

function Heavy:move(dt)
  self.vy = self.vy - 9.81 * dt
  Body.move(self, dt)
end

local Sticky = setmetatable({}, { __index = Heavy })
Sticky.__index = Sticky

function Sticky:hit()
  Heavy.hit(self)
  self.vx, self.vy = self.vx * 0.9, self.vy * 0.9
end

local seed = 42
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end

local classes = { Body, Heavy, Sticky }
local bodies = {}
for i = 1, 300 do
  bodies[i] = Body.new(classes[i % 3 + 1], random() * 100, random() * 100, random() * 20 - 10, random() * 20 - 10)
end

local steps = tonumber(arg and arg[1]) or 34000
for _ = 1, steps do
  for _, body in ipairs(bodies) do
    body:move(0.01)
    body:bounce(100, 100)
  end
end

local hits, energy = 0, 0
for _, body in ipairs(bodies) do
  hits = hits + body.hits
  energy = energy + body:energy()
end
print(string.format("%d hits, energy %.6f", hits, energy))
