-- Lengths asked for in loops, of arrays that grow, shrink, end in the hash part, or get a metatable.

local function last(t)
  local i = 0
  repeat i = i + 1 until i >= #t
  return i
end

local function fill(n) local t = {} for i = 1, n do t[i] = i end return t end

for _, n in ipairs { 0, 1, 2, 3, 4, 7, 8, 9, 1000, 1024, 1025 } do
  local t = fill(n)
  for _ = 1, 5 do last(t) end
  io.write(last(t), " ")
end
print()

local function stack(n)
  local t, s = {}, 0
  for i = 1, n do
    t[#t + 1] = i
    t[#t + 1] = i * 2
    s = s + #t
    t[#t] = nil
    s = s + t[#t]
  end
  while #t > 0 do
    s = s + #t * t[#t]
    t[#t] = nil
  end
  return s, #t, next(t)
end
print(stack(5)) print(stack(300)) print(stack(3000))

local function queue(n)
  local t, head, s = { 1 }, 1, 0
  while head <= #t do
    local v = t[head]
    head = head + 1
    s = s + v
    if v * 2 <= n then
      t[#t + 1] = v * 2
      if v * 2 < n then t[#t + 1] = v * 2 + 1 end
    end
  end
  return s, #t
end
print(queue(1000)) print(queue(10000))

-- Constructors leave arrays of no power of two; what follows goes to the hash part at first.
local function constructed(n)
  local s = 0
  for i = 1, n do
    local t = { i, i, i }
    s = s + #t
    t[4] = i
    s = s + #t
    t[5], t[6] = i, i
    s = s + #t
    t[6] = nil
    s = s + #t
  end
  return s
end
print(constructed(400))

-- The table is written while its length is looked at in the same loop.
local function shrink(t)
  local rounds = 0
  while #t > 1 do
    for i = 1, #t // 2 do t[i] = t[2 * i - 1] end
    for i = #t, #t // 2 + 1, -1 do t[i] = nil end
    rounds = rounds + 1
  end
  return rounds, t[1]
end
for _ = 1, 20 do shrink(fill(300)) end
print(shrink(fill(1024)))

local function total(t, n)
  local s = 0
  for _ = 1, n do s = s + #t end
  return s
end
local list = fill(33)
for _ = 1, 10 do total(list, 20) end
print(total(list, 100))
print(total(setmetatable({ 1 }, { __len = function() return 5 end }), 100))
print(total(setmetatable({ 1, 2 }, {}), 100), total("four", 10))
print(pcall(total, 12, 1))

-- Lengths asked for by functions that were called without frames: nothing on the stack changes.
do
  local t = { 1, 2, 3, x = 1, y = 2 }
  local function length(n)
    if n == 0 then return #t end
    return 1 + length(n - 1)
  end
  local function deep(n)
    if n == 0 then return 0 end
    return 1 + deep(n - 1)
  end
  local function sum(...)
    local n, s = length(25), 0
    for _, v in ipairs { ... } do s = s + v end
    return n + s
  end
  local numbers, total = {}, 0
  for i = 1, 400 do numbers[i] = i end
  for i = 1, 2000 do total = total + length(i % 20) end
  for _ = 1, 20 do total = total + deep(60) + sum(table.unpack(numbers)) end
  print("without frames", total)
end
