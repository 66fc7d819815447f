-- Generic for: pairs, ipairs, next, closures, __pairs, tables changed while they are traversed.
local function sum_pairs(t)
  local n, s = 0, 0
  for k, v in pairs(t) do
    n, s = n + 1, s + v + (type(k) == "number" and k or #k)
  end
  return n, s
end
local function sum_ipairs(t)
  local n, s = 0, 0
  for i, v in ipairs(t) do
    n, s = n + i, s + v
  end
  return n, s
end
local t = { x = 1, yy = 2, zzz = 3 }
for i = 1, 1000 do
  t[i] = i
end
for _ = 1, 10 do
  sum_pairs(t)
  sum_ipairs(t)
end
print(sum_pairs(t))
print(sum_ipairs(t))
t[500] = nil
print(sum_pairs(t))
print(sum_ipairs(t))
print(sum_pairs {}, sum_ipairs {})

local proxy = setmetatable({}, { __index = function(_, i)
  if i <= 3000 then
    return i * 2
  end
end, __pairs = function(self)
  return function(_, k)
    k = (k or 0) + 1
    if k <= 2000 then
      return k, self[k]
    end
  end, self, nil
end })
print(sum_ipairs(proxy))
print(sum_pairs(proxy))

local function range(a, b, step)
  return function(_, i)
    i = i + step
    if i <= b then
      return i
    end
  end, nil, a - step
end
local s = 0
for i in range(1, 5000, 2) do
  s = s + i
end
print(s)

local removed = 0
for k, v in pairs(t) do
  if type(k) == "number" and v % 2 == 0 then
    t[k] = nil
    removed = removed + 1
  end
end
print(removed, (sum_pairs(t)))

local list = {}
for i = 1, 2000 do
  list[i] = i
end
local visited = 0
for i, v in ipairs(list) do
  visited = visited + 1
  if i == 1000 then
    list[1501] = nil
  elseif i == 500 then
    list[501] = 7
  end
end
print(visited)

local k, n = nil, 0
repeat
  k = next(list, k)
  n = n + 1
until k == nil
print(n)

local multi = 0
local function three(limit, i)
  if i < limit then
    return i + 1, i, nil, "x"
  end
end
for a, b, c, d in three, 3000, 0 do
  multi = multi + a - b + (c == nil and 1 or 0) + #d
end
print(multi)
local total = 0
for word, number in ("a=1,b=22,c=333,"):rep(500):gmatch "(%w+)=(%w+)" do
  total = total + #word + tonumber(number)
end
print(total)
print(pcall(function()
  for _ in pairs(nil) do
  end
end))
print(pcall(function()
  for _ in { 1 } do
  end
end))
local callable = setmetatable({ n = 0 }, { __call = function(self)
  self.n = self.n + 1
  return self.n <= 3000 and self.n or nil
end })
local c = 0
for v in callable do
  c = c + v
end
print(c)
