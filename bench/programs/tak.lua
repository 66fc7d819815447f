-- Takeuchi's function with numbers, with lists, and by continuations.
local function tak(x, y, z)
  if y >= x then
    return z
  end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end

local function list(n)
  local result = nil
  for i = 1, n do
    result = { value = i, rest = result }
  end
  return result
end

local function shorter(a, b)
  while a and b do
    a, b = a.rest, b.rest
  end
  return b ~= nil
end

local function tak_lists(x, y, z)
  if not shorter(y, x) then
    return z
  end
  return tak_lists(tak_lists(x.rest, y, z), tak_lists(y.rest, z, x), tak_lists(z.rest, x, y))
end

local function tak_continuations(x, y, z, continue)
  if y >= x then
    return continue(z)
  end
  return tak_continuations(x - 1, y, z, function(a)
    return tak_continuations(y - 1, z, x, function(b)
      return tak_continuations(z - 1, x, y, function(c)
        return tak_continuations(a, b, c, continue)
      end)
    end)
  end)
end

local function identity(x)
  return x
end

local function length(l)
  return l and 1 + length(l.rest) or 0
end

local rounds = tonumber(arg and arg[1]) or 70
local sum = 0
for i = 1, rounds do
  sum = sum + tak(22 + i % 2, 14, 7)
end
print(string.format("%d", sum))
print(string.format("%d", length(tak_lists(list(18), list(12), list(6)))))
sum = 0
for _ = 1, rounds do
  sum = sum + tak_continuations(18, 12, 6, identity)
end
print(string.format("%d", sum))
