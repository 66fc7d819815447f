-- The longest Collatz chains below a limit, with and without remembered lengths.
local function length(n)
  local steps = 1
  while n ~= 1 do
    if n & 1 == 0 then
      n = n >> 1
    else
      n = 3 * n + 1
    end
    steps = steps + 1
  end
  return steps
end

local function longest(limit)
  local best, best_length = 1, 1
  for n = 1, limit do
    local steps = length(n)
    if steps > best_length then
      best, best_length = n, steps
    end
  end
  return best, best_length
end

local function longest_remembering(limit)
  local known = { 1 }
  local best, best_length = 1, 1
  for start = 2, limit do
    local n, steps = start, 0
    while n >= start do
      if n % 2 == 0 then
        n = n // 2
      else
        n = 3 * n + 1
      end
      steps = steps + 1
    end
    steps = steps + known[n]
    known[start] = steps
    if steps > best_length then
      best, best_length = start, steps
    end
  end
  return best, best_length
end

local function highest(limit)
  local top, top_start = 1, 1
  for start = 3, limit, 2 do
    local n = start
    repeat
      if n > top then
        top, top_start = n, start
      end
      n = n % 2 == 0 and n // 2 or 3 * n + 1
    until n < start
  end
  return top_start, top
end

local limit = tonumber(arg and arg[1]) or 2000000
print(string.format("%d has %d steps", longest(limit // 4)))
print(string.format("%d has %d steps", longest_remembering(limit)))
print(string.format("%d climbs to %d", highest(limit)))
