-- Many small tables made and dropped: allocation and the collector.
local function bottom_up(depth)
  if depth == 0 then
    return {}
  end
  return { bottom_up(depth - 1), bottom_up(depth - 1) }
end

local function check(tree)
  if tree[1] then
    return 1 + check(tree[1]) + check(tree[2])
  end
  return 1
end

local n = tonumber(arg and arg[1]) or 16
local mindepth = 4
local long_lived = bottom_up(n)
for depth = mindepth, n, 3 do
  local iterations = 2 ^ (n - depth + mindepth)
  local sum = 0
  for _ = 1, iterations do
    sum = sum + check(bottom_up(depth))
  end
  print(string.format("%d trees of depth %d, check: %d", iterations, depth, sum))
end
print(string.format("long lived tree of depth %d, check: %d", n, check(long_lived)))
