-- Operators on tables: each metamethod, operands on either side, results of any type.
local V = {}
local function new(x)
  return setmetatable({ x = x }, V)
end
local function x(v)
  return type(v) == "table" and v.x or v
end
local names = { "add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "concat" }
local calls = {}
for _, name in ipairs(names) do
  V["__" .. name] = function(a, b)
    calls[name] = (calls[name] or 0) + 1
    return new(x(a) * 3 + x(b))
  end
end
V.__unm = function(a)
  return new(-a.x)
end
V.__bnot = function(a)
  return new(~a.x)
end
V.__len = function(a)
  return a.x
end
V.__eq = function(a, b)
  return a.x == b.x
end
V.__lt = function(a, b)
  return x(a) < x(b)
end
V.__le = function(a, b)
  return x(a) <= x(b)
end

local function all(a, b)
  local r = { a + b, a - b, a * b, a / b, a % b, a ^ b, a // b, a & b, a | b, a ~ b, a << b, a >> b, a .. b }
  local sum = 0
  for i = 1, #r do
    sum = sum + x(r[i]) * i
  end
  return sum
end

local total = 0
for i = 1, 2000 do
  local v, w = new(i), new(i % 7)
  total = total + all(v, w) + all(v, 2) + all(3, w) + x(-v) + x(~w) + #v
  total = total + (v < w and 1 or 0) + (v <= w and 2 or 0) + (v == w and 4 or 0) + (v > 5 and 8 or 0) + (5 >= v and 16 or 0)
end
print(total)
for _, name in ipairs(names) do
  io.write(name, " ", calls[name], "\n")
end

local function plus(a, b)
  return a + b
end
local s = 0
for i = 1, 4000 do
  s = s + x(plus(i % 50 == 0 and new(1) or i, 1))
end
print(s)
V.__add = nil
print(pcall(plus, new(1), 1))
print(pcall(plus, 1, {}))
print(new(3) == new(3), new(3) ~= new(4), rawequal(new(1), new(1)), new(1) == 1)
