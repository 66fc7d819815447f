-- Pseudo-random numbers with 64-bit shifts: xorshift64*, xoroshiro128+ and splitmix64.
local function xorshift(seed)
  local state = seed
  return function()
    local x = state
    x = x ~ (x >> 12)
    x = x ~ (x << 25)
    x = x ~ (x >> 27)
    state = x
    return x * 0x2545f4914f6cdd1d
  end
end

local function splitmix(seed)
  local state = seed
  return function()
    state = state + 0x9e3779b97f4a7c15
    local z = state
    z = (z ~ (z >> 30)) * 0xbf58476d1ce4e5b9
    z = (z ~ (z >> 27)) * 0x94d049bb133111eb
    return z ~ (z >> 31)
  end
end

local function rotate(x, n)
  return x << n | x >> (64 - n)
end

local Xoroshiro = {}
Xoroshiro.__index = Xoroshiro

function Xoroshiro.new(seed)
  local fill = splitmix(seed)
  return setmetatable({ s0 = fill(), s1 = fill() }, Xoroshiro)
end

function Xoroshiro:next()
  local s0, s1 = self.s0, self.s1
  local result = s0 + s1
  s1 = s1 ~ s0
  self.s0 = rotate(s0, 24) ~ s1 ~ (s1 << 16)
  self.s1 = rotate(s1, 37)
  return result
end

function Xoroshiro:float()
  return (self:next() >> 11) * 0x1p-53
end

local n = tonumber(arg and arg[1]) or 8000000

local sum, odd = 0, 0
local random = xorshift(88172645463325252)
for _ = 1, n do
  local x = random()
  sum = sum ~ x
  odd = odd + (x & 1)
end
print(string.format("%016x %d", sum, odd))

random = splitmix(1)
local buckets = {}
for i = 0, 15 do
  buckets[i] = 0
end
for _ = 1, n do
  local bucket = random() >> 60
  buckets[bucket] = buckets[bucket] + 1
end
print(table.concat(buckets, " ", 0, 15))

local generator = Xoroshiro.new(42)
local mean = 0.0
for _ = 1, n do
  mean = mean + generator:float()
end
print(string.format("%.9f", mean / n))
