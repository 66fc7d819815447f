-- Balls bouncing in a box: records in an array, whole numbers, closures as objects.
local function generator(seed)
  return function(n)
    seed = (seed * 1309 + 13849) % 65536
    return seed % n
  end
end

local function new_ball(random, size)
  return { x = random(size), y = random(size), vx = random(300) - 150, vy = random(300) - 150 }
end

-- Moves the ball by one step; says if it touched a wall.
local function move(ball, size)
  local bounced = false
  ball.x = ball.x + ball.vx
  ball.y = ball.y + ball.vy
  if ball.x > size then
    ball.x, ball.vx, bounced = size, -math.abs(ball.vx), true
  elseif ball.x < 0 then
    ball.x, ball.vx, bounced = 0, math.abs(ball.vx), true
  end
  if ball.y > size then
    ball.y, ball.vy, bounced = size, -math.abs(ball.vy), true
  elseif ball.y < 0 then
    ball.y, ball.vy, bounced = 0, math.abs(ball.vy), true
  end
  return bounced
end

local function simulate(count, steps)
  local size = 500
  local random = generator(74755)
  local balls, bounces = {}, 0
  for i = 1, count do
    balls[i] = new_ball(random, size)
  end
  for _ = 1, steps do
    for i = 1, #balls do
      if move(balls[i], size) then
        bounces = bounces + 1
      end
    end
  end
  local place = 0
  for i, ball in ipairs(balls) do
    place = (place * 31 + i * ball.x + ball.y) % 1000003
  end
  return bounces, place
end

-- The same without tables: each ball is a closure over its own place and speed.
local function closure_ball(random, size)
  local x, y, vx, vy = random(size), random(size), random(300) - 150, random(300) - 150
  return function()
    x, y = x + vx, y + vy
    local bounced = 0
    if x < 0 or x > size then
      x, vx, bounced = x - vx, -vx, 1
    end
    if y < 0 or y > size then
      y, vy, bounced = y - vy, -vy, 1
    end
    return bounced, x + y
  end
end

local function simulate_closures(count, steps)
  local random = generator(74755)
  local balls = {}
  for i = 1, count do
    balls[i] = closure_ball(random, 500)
  end
  local bounces, places = 0, 0
  for _ = 1, steps do
    for _, ball in ipairs(balls) do
      local bounced, place = ball()
      bounces = bounces + bounced
      places = (places + place) % 1000003
    end
  end
  return bounces, places
end

local steps = tonumber(arg and arg[1]) or 100000
print(string.format("%d %d", simulate(100, steps)))
print(string.format("%d %d", simulate_closures(100, steps)))
