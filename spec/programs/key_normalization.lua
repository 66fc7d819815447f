-- Table keys: floats that are integers, signed zeros, extremes, NaN, nil; what next and # see of them.
local function set(t, k, v)
  t[k] = v
end
local function get(t, k)
  return t[k]
end
local t = {}
for i = 1, 3000 do
  set(t, i % 2 == 0 and i or i + 0.0, i)
end
local ints = 0
for k in pairs(t) do
  ints = ints + (math.type(k) == "integer" and 1 or 0)
end
print(#t, ints)
for i = 1, 3000 do
  assert(get(t, i) == i and get(t, i + 0.0) == i and get(t, i + 0.5) == nil)
end
print(get(t, "1"), get(t, -1), get(t, 0), get(t, 3001), get(t, nil), get(t, 0 / 0), get(t, math.huge))

local keys = { 0, 0.0, -0.0, 2 ^ 53, 2 ^ 53 + 1, 2 ^ 63, -2 ^ 63, math.maxinteger, math.mininteger, math.huge, -math.huge,
  1e308, 5e-324, "", "0", false, true, math.maxinteger + 0.0, 1 << 53 }
local m = {}
for round = 1, 200 do
  for i, k in ipairs(keys) do
    set(m, k, round * 100 + i)
  end
end
for i, k in ipairs(keys) do
  io.write(tostring(k), "=", tostring(get(m, k)), " ")
end
print()
print(m[-2 ^ 63] == m[math.mininteger], m[2 ^ 53] == m[1 << 53], m[0] == m[-0.0])
print(pcall(set, t, nil, 1))
print(pcall(set, t, 0 / 0, 1))
print(pcall(rawset, t, 0 / 0, 1))
print(pcall(next, t, 0 / 0))

-- A float key that becomes one of the array part, in a hot loop, and a removed one.
local function histogram(list)
  local h = {}
  for i = 1, #list do
    local k = list[i] // 10
    h[k] = (h[k] or 0) + 1
  end
  return h
end
local list = {}
for i = 1, 4000 do
  list[i] = i % 3 == 0 and i % 200 or i % 200 + 0.5
end
local h = histogram(list)
local total = 0
for i = 0, 19 do
  total = total * 3 % 1000003 + h[i]
end
print(total, math.type((next(h))), h[20])

local back = {}
for i = 50, -50, -1 do
  back[i] = i
end
print(#back, back[-50], back[0])
for i = 1, 50 do
  back[i] = nil
end
print(#back, next({}, nil), back[-1])

-- Integer loops index with floats, float loops with integers.
local sum = 0
for i = 1.0, 3000 do
  sum = sum + t[i]
end
for i = 3000, 1, -1 do
  sum = sum - t[i]
end
print(sum, math.type(sum))

local constants = {}
for i = 1, 2000 do
  constants[1] = i
  constants[1.0] = constants[1] + 1
  constants.x = constants[1]
  constants["x"] = constants.x + 1
  constants[255], constants[256], constants[257] = i, i + 1, i + 2
end
print(constants[1], constants.x, constants[255], constants[256.0], constants[257])
local deep = { { { {} } } }
for i = 1, 2000 do
  deep[1][1][1][i % 7] = (deep[1][1][1][i % 7] or 0) + i
end
print(deep[1][1][1][0], deep[1][1][1][6], #deep[1][1][1])
print(pcall(get, nil, 1))
print(pcall(set, nil, 1, 1))
print(pcall(get, 5, 1), pcall(set, "s", 1, 1), get("s", 1), get("s", "len") == string.len)

-- Nil out while going through, and look for what is gone.
local gone = {}
for i = 1, 500 do
  gone[i], gone["k" .. i] = i, i
end
local removed = 0
for k in pairs(gone) do
  if type(k) == "string" or k % 2 == 0 then
    gone[k] = nil
    removed = removed + 1
  end
end
local left = 0
for _, v in pairs(gone) do
  left = left + v
end
print(removed, left, gone.k1, gone[1], gone[2])
