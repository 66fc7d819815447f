-- Tables that grow, shrink, have holes, move between array and hash part.
local function fill(n)
  local t = {}
  for i = 1, n do
    t[i] = i
  end
  return t
end
local t = fill(3000)
print(#t, t[1], t[3000], t[3001], t[0])
for i = 3000, 2001, -1 do
  t[i] = nil
end
print(#t)
for i = 2001, 4000 do
  t[#t + 1] = i
end
print(#t, t[4000])

local back = {}
for i = 3000, 1, -1 do
  back[i] = i
end
print(#back)

local sparse = {}
for i = 1, 200 do
  sparse[i * i] = i
end
local sum = 0
for i = 1, 40000 do
  sum = sum + (sparse[i] or 0)
end
print(sum)

local holes = fill(2000)
for i = 1, 2000, 3 do
  holes[i] = nil
end
local present = 0
for i = 1, 2000 do
  if holes[i] ~= nil then
    present = present + 1
  end
end
print(present)
local n, total = 0, 0
for k, v in pairs(holes) do
  n, total = n + 1, total + k - v
end
print(n, total)

local mixed = {}
for i = 1, 3000 do
  mixed[i % 2 == 0 and i or i + 0.0] = i
  mixed[i + 0.5] = -i
  mixed["k" .. i] = i
end
local s = 0
for i = 1, 3000 do
  s = s + mixed[i] + mixed[i + 0.5] + mixed["k" .. i]
end
print(s, #mixed, mixed[2 ^ 53], mixed[-1], mixed[1.0], mixed[math.huge])

for k in pairs(mixed) do
  mixed[k] = nil
end
print(next(mixed))

local keys = { 1, 1.0, "1", true, false, -1, 1e100, math.mininteger }
local map = {}
for i = 1, 4000 do
  local k = keys[i % #keys + 1]
  map[k] = (map[k] or 0) + 1
end
for _, k in ipairs(keys) do
  print(k, map[k])
end
local list = {}
for i = 1, 2000 do
  table.insert(list, i)
  if i % 3 == 0 then
    table.insert(list, 1, -i)
  elseif i % 5 == 0 then
    table.remove(list)
  elseif i % 7 == 0 then
    table.remove(list, 1)
  end
end
print(#list, list[1], list[2], list[#list])
print(table.concat(list, ",", 1, 10), #table.pack(table.unpack(list, 1, 50)))
table.sort(list, function(a, b)
  return a > b
end)
print(list[1], list[#list], select("#", table.unpack(table.move(list, 1, 5, 3, {}), 1, 7)))
