-- Order of evaluation, multiple assignment, and / or / not, method chains, long expressions.
local log = {}
local function f(x)
  log[#log + 1] = x
  return x
end
local t = {}
for i = 1, 2000 do
  t[f(i)], t[f(i + 1)] = f(i * 2), f(i * 3)
end
print(#log, t[1], t[2], t[2000], t[2001])

local a, b, c = 1, 2, 3
for _ = 1, 3001 do
  a, b, c = b, c, a
end
print(a, b, c)
local i, list = 1, {}
for _ = 1, 2000 do
  i, list[i] = i + 1, i * 10
end
print(i, list[1], list[2000], list[2001])

local function logic(x, y, z)
  return x and y or z, x or y and z, not x and not y, not (x and z), x and (y or z), (x == nil) ~= (y == nil)
end
local values = { nil, false, true, 0, "" }
local counts = {}
for n = 0, 2999 do
  local r = table.pack(logic(values[n % 5 + 1], values[n // 5 % 5 + 1], values[n // 25 % 5 + 1]))
  for k = 1, 6 do
    local key = k .. tostring(r[k])
    counts[key] = (counts[key] or 0) + 1
  end
end
local keys = {}
for k in pairs(counts) do
  keys[#keys + 1] = k
end
table.sort(keys)
for _, k in ipairs(keys) do
  io.write(k, "=", counts[k], " ")
end
print()

local function compare(x, y)
  if x < y then
    return -1
  elseif x > y then
    return 1
  end
  return 0
end
local s = 0
for n = 1, 3000 do
  s = s + compare(n % 10, 5) * n + compare(n / 2, 700) + compare("a" .. n % 3, "a1")
  if not (n < 100) and n ~= 5 or n == 7 then
    s = s + 1
  end
  if n > 10 and n <= 20 or 5 >= n then
    s = s + 2
  end
end
print(s)

local chain = {}
function chain:add(n)
  self.total = (self.total or 0) + n
  return self
end
for n = 1, 2000 do
  chain:add(n):add(-n):add(1)
end
print(chain.total)

local e = 0
for n = 1, 3000 do
  e = e + ((n + 1) * (n - 1) - (n * n - 1)) + ((n << 1) - n - n) + (n % 3 + n // 3 * 3 - n) + #("x"):rep(n % 4)
end
print(e)

local env = {}
for n = 1, 2000 do
  local first, second, third = (function(...)
    return ...
  end)(n, n + 1)
  env[n] = { first, second, third, n = n, [n] = n, key = { n } }
end
print(#env, env[5][2], env[5][5], env[7].key[1], env[9].n, #env[11])
local k = 0
while true do
  k = k + 1
  if k > 5000 then
    break
  end
end
repeat
  local inner = k
  k = k - 2
until inner < 10
print(k)
local constants = { [1] = "a", [2.0] = "b", [2 ^ 53] = "c", [-1] = "d" }
print(constants[1.0], constants[2], constants[2 ^ 53 | 0], constants[-1.0], ({ 10, 20, 30, nil })[3], (("x")))
