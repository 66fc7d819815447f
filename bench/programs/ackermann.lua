-- Ackermann's function and Takeuchi's: deep recursion, tail calls, several arguments.
local function ack(m, n)
  if m == 0 then
    return n + 1
  elseif n == 0 then
    return ack(m - 1, 1)
  end
  return ack(m - 1, ack(m, n - 1))
end

local function tak(x, y, z)
  if y >= x then
    return z
  end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end

local n = tonumber(arg and arg[1]) or 10
for i = 1, n do
  print("ack", 3, i, ack(3, i))
end
for i = 1, 17 do
  print("tak", i, tak(18 + i, 12, 6))
end
