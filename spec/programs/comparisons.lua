-- All comparisons of all kinds of values, in functions that have seen one kind only, and then another.
local function lt(a, b) return a < b end
local function le(a, b) return a <= b end
local function eq(a, b) return a == b end
local function branch(a, b)
  if a < b then
    return 1
  elseif a > b then
    return 2
  elseif a == b then
    return 3
  end
  return 4
end
for i = 1, 2000 do
  lt(i, 1000)
  le(i, 1000)
  eq(i, 1000)
  branch(i, 1000)
end
local max, min = math.maxinteger, math.mininteger
local numbers = { 0, -0.0, 1, 1.5, -1, max, min, max + 0.0, min + 0.0, 2 ^ 53, (1 << 53) + 1, 1 << 53, math.huge,
  -math.huge, 0 / 0, 1e-300, max - 1 }
for _, a in ipairs(numbers) do
  local row = {}
  for i, b in ipairs(numbers) do
    row[i] = (lt(a, b) and 1 or 0) + (le(a, b) and 2 or 0) + (eq(a, b) and 4 or 0) + branch(a, b) * 10
  end
  print(table.concat(row, " "))
end
local strings = { "", "a", "b", "a\0", "a\0b", "aa", "A", "\xff", "10", "9", ("x"):rep(50), ("x"):rep(51) }
for _, a in ipairs(strings) do
  local row = {}
  for i, b in ipairs(strings) do
    row[i] = (lt(a, b) and 1 or 0) + (le(a, b) and 2 or 0) + (eq(a, b .. "") and 4 or 0) + branch(a, b) * 10
  end
  print(table.concat(row, " "))
end
local values = { 1, "1", {}, print, true, false, coroutine.create(print), lt }
for i, a in ipairs(values) do
  for j, b in ipairs(values) do
    local ok, message = pcall(lt, a, b)
    io.write(ok and tostring(message) or message:match "attempt.*", eq(a, b) and " = " or " ", i == j and "*" or "", "; ")
  end
  print()
end
print(pcall(lt, nil, 1))
print(pcall(le, 1, nil))
print(pcall(branch, {}, {}))
print(pcall(branch, 1, "1"))

-- With constants on either side.
local function constants(x)
  local r = 0
  if x < 10 then r = r + 1 end
  if x <= 10 then r = r + 2 end
  if x > 10 then r = r + 4 end
  if x >= 10 then r = r + 8 end
  if x == 10 then r = r + 16 end
  if x ~= 10 then r = r + 32 end
  if 20 < x then r = r + 64 end
  if 20 >= x then r = r + 128 end
  if x < 10.5 then r = r + 256 end
  if x == "10" then r = r + 512 end
  if x == 10.0 then r = r + 1024 end
  if x < 1000000 then r = r + 2048 end
  return r
end
for i = 1, 2000 do
  constants(i)
end
for _, x in ipairs { 9, 10, 10.0, 10.25, 11, 20, 21, -5, math.huge, 0 / 0, max, min, 10.5 } do
  io.write(constants(x), " ")
end
print()
print(pcall(constants, "10"))
print(pcall(constants, nil))
print(pcall(constants, {}))

local ordered = { __lt = function(a, b)
  return (type(a) == "table" and a.n or a) < (type(b) == "table" and b.n or b)
end, __le = function(a, b)
  return (type(a) == "table" and a.n or a) <= (type(b) == "table" and b.n or b)
end, __eq = function(a, b)
  return a.n == b.n
end }
local function box(n)
  return setmetatable({ n = n }, ordered)
end
print(constants(box(10)), constants(box(5)), branch(box(1), box(2)), branch(box(2), box(2)), branch(box(2), 1))
print(eq(box(1), box(1)), eq(box(1), 1), eq(box(1), { n = 1 }), eq({}, {}), rawequal(box(1), box(1)))
local truthy = setmetatable({}, { __lt = function() return nil end, __le = function() return "yes" end })
print(lt(truthy, 1), le(truthy, 1))
local n = 0
for i = 1, 3000 do
  if box(i % 7) < box(3) then
    n = n + 1
  end
  if box(i % 5) == box(2) then
    n = n + 1000
  end
  if not (box(i % 3) <= 1) then
    n = n + 1000000
  end
end
print(n)
