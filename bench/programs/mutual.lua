-- Mutual recursion: even and odd, Hofstadter's sequences, a recursive-descent grammar, tail calls between states.
local is_odd

local function is_even(n)
  if n == 0 then
    return true
  end
  return is_odd(n - 1)
end

function is_odd(n)
  if n == 0 then
    return false
  end
  return is_even(n - 1)
end

local male

local function female(n)
  if n == 0 then
    return 1
  end
  return n - male(female(n - 1))
end

function male(n)
  if n == 0 then
    return 0
  end
  return n - female(male(n - 1))
end

-- Balanced brackets: counts the groups and the greatest depth.
local sequence

local function group(text, at, depth)
  local close = text:byte(at) == 40 and 41 or 93
  local after, count, deepest = sequence(text, at + 1, depth + 1)
  assert(text:byte(after) == close)
  return after + 1, count + 1, deepest
end

function sequence(text, at, depth)
  local count, deepest = 0, depth
  local code = text:byte(at)
  while code == 40 or code == 91 do
    local after, inner, inner_deepest = group(text, at, depth)
    at, count = after, count + inner
    if inner_deepest > deepest then
      deepest = inner_deepest
    end
    code = text:byte(at)
  end
  return at, count, deepest
end

-- Three states that call each other in tail position.
local first, second, third

function first(n, sum)
  if n == 0 then
    return sum
  elseif n % 3 == 0 then
    return third(n - 1, sum + 1)
  end
  return second(n - 1, sum + 2)
end

function second(n, sum)
  if n == 0 then
    return -sum
  end
  return third(n - 1, sum * 3 % 1000003)
end

function third(n, sum)
  if n == 0 then
    return sum + 1
  end
  return first(n - 1, sum + n % 7)
end

local rounds = tonumber(arg and arg[1]) or 10

local evens = 0
for _ = 1, rounds do
  for n = 1, 1000 do
    if is_even(n) then
      evens = evens + 1
    end
  end
end
print(string.format("%d", evens))

local sum = 0
for n = 1, 19 + rounds * 7 do
  sum = sum + female(n) - 2 * male(n)
end
print(string.format("%d", sum))

local text = "()[()[]](" .. ("[(()[])]()"):rep(20000) .. ")[[]]"
local count, deepest = 0, 0
for _ = 1, rounds do
  local after, groups, depth = sequence(text, 1, 0)
  assert(after == #text + 1)
  count, deepest = count + groups, depth
end
print(string.format("%d %d", count, deepest))
print(string.format("%d", first(1000000 * rounds, 0)))
