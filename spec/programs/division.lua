-- Division and modulo, by zero too: integers raise errors, floats do not.
local function divide(a, b)
  return a // b
end
local function modulo(a, b)
  return a % b
end

local sum = 0
for i = -3000, 3000 do
  for _, d in ipairs { 1, 2, 3, -1, -2, -3, 7, -7 } do
    sum = sum + divide(i, d) * 3 + modulo(i, d)
  end
end
print(sum)
print(pcall(divide, 1, 0))
print(pcall(modulo, 1, 0))
print(divide(1, 0.0), divide(-1, 0.0), tostring(modulo(1, 0.0)):gsub("-", ""))
print(divide(math.mininteger, -1), modulo(math.mininteger, -1))

local function count_errors(n)
  local errors, last = 0, nil
  for i = 1, n do
    local ok, message = pcall(function()
      return 100 // (i % 5)
    end)
    if not ok then
      errors, last = errors + 1, message:gsub("^.-:%d+: ", "")
    end
  end
  return errors, last
end
print(count_errors(3000))

local function in_loop(list)
  local total = 0
  for i = 1, #list do
    total = total + 1000 % list[i]
  end
  return total
end
local list = {}
for i = 1, 2000 do
  list[i] = i
end
print(in_loop(list))
list[1999] = 0
print((select(2, pcall(in_loop, list)):gsub("^.-:%d+: ", "")))
list[1999] = 0.5
print(in_loop(list))
for i = -10, 10 do
  io.write(i // 4, " ", i % 4, " ", i // -4, " ", i % -4, " ", i / 4, " ", i // 2.5, " ", i % 2.5, "\n")
end

-- The line that is named for a division by zero may be one before it (5.4.4): the last whose instruction saves the pc.
local function after_equality(a, b)
  local list = {}
  if list == a then
    return list
  end
  return a // b
end
local function after_constructor(a, b)
  local n = #"abc"
  local list = { n }
  return list, a % b
end
for _ = 1, 4 do
  print(pcall(after_equality, 1, 0))
  print(pcall(after_constructor, 1, 0))
end
