-- Loops with several back edges, as branches at the end of a loop make them, and loops that start where others do.

local function search(t, x)
  local lo, hi, steps = 1, #t, 0
  while lo <= hi do
    local mid = (lo + hi) // 2
    steps = steps + 1
    if t[mid] < x then
      lo = mid + 1
    elseif t[mid] > x then
      hi = mid - 1
    else
      return mid, steps
    end
  end
  return -lo, steps
end

local t = {}
for i = 1, 1000 do t[i] = 3 * i end
local found, steps = 0, 0
for x = 1, 3100 do
  local at, n = search(t, x)
  found, steps = found + at, steps + n
end
print(found, steps)

-- One way for a long time, then the other, where values are of other types.
local function phases(n)
  local i, s = 0, 0
  while true do
    i = i + 1
    if i < n then
      s = s + i
    elseif i < 2 * n then
      s = s + i * 0.5
    elseif i < 3 * n then
      s = s .. ""
      s = tonumber(s) + 1
    else
      break
    end
  end
  return s
end
print(phases(10), phases(500), phases(3000))

-- All three loops of 'nest' have one start.
local function nest(n)
  local a, b, c = 0, 0, 0
  while a < n do
    while b < a do
      while c < b do
        c = c + 1
        if c % 7 == 3 then b = b + 1 end
      end
      b = b + 2
    end
    a = a + 1
    if a % 5 == 0 then b = b - 3 else c = c - 2 end
  end
  return a, b, c
end
print(nest(10))
print(nest(400))
print(nest(5000))

local function labels(n)
  local odd, even, i = 0, 0, 0
  ::top::
  i = i + 1
  if i > n then goto out end
  if i % 2 == 0 then
    even = even + i
    goto top
  end
  odd = odd + i
  if odd > 1e6 then odd = odd - 1e6 end
  goto top
  ::out::
  return odd, even
end
print(labels(20), labels(4000))

-- A loop within another, and a failure behind it that names a line of the outer one.
local function outer(m, n)
  local s = 0
  for i = 1, n do
    for j = 1, #m[i] do
      s = s + m[i][j]
    end
  end
  return s
end
local m = {}
for i = 1, 80 do
  m[i] = {}
  for j = 1, 40 do m[i][j] = i * j end
end
for _ = 1, 30 do outer(m, 80) end
print(outer(m, 80), pcall(outer, m, 81))
m[40][20] = "7"
print(outer(m, 80))
m[60] = { 1, 2, {} }
print(pcall(outer, m, 80))
