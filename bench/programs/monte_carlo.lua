-- Pi and two integrals estimated with pseudo-random points.
local function generator(seed)
  local state = seed
  return function()
    state = (state * 16807) % 2147483647
    return state / 2147483647
  end
end

local function estimate_pi(n, random)
  local inside = 0
  for _ = 1, n do
    local x, y = random(), random()
    if x * x + y * y <= 1 then
      inside = inside + 1
    end
  end
  return 4 * inside / n
end

local function integrate(f, from, to, n, random)
  local sum, width = 0.0, to - from
  for _ = 1, n do
    sum = sum + f(from + width * random())
  end
  return sum * width / n
end

-- The mean number of steps of a walk until it leaves the given distance from its start.
local function mean_walk(distance, n, random)
  local total = 0
  for _ = 1, n do
    local place, steps = 0, 0
    while place > -distance and place < distance do
      if random() < 0.5 then
        place = place - 1
      else
        place = place + 1
      end
      steps = steps + 1
    end
    total = total + steps
  end
  return total / n
end

local n = tonumber(arg and arg[1]) or 9000000
local random = generator(2024)
print(string.format("%.9f", estimate_pi(n, random)))
print(string.format("%.9f", integrate(math.sin, 0, math.pi, n, random)))
print(string.format("%.9f", integrate(function(x)
  return math.exp(-x * x)
end, -2, 2, n / 2, random)))
print(string.format("%.9f", mean_walk(10, n / 200, random)))
