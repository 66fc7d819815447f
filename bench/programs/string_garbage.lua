-- Many short-lived strings: concatenation in loops, substrings, reversing, numbers to text and back.
local function is_palindrome(n)
  local text = tostring(n)
  return text == text:reverse()
end

local function join(n)
  local text = ""
  for i = 1, n do
    text = text .. i .. ","
    if #text > 200 then
      text = text:sub(-100)
    end
  end
  return text
end

local function rotations(word)
  local seen, count = {}, 0
  for i = 1, #word do
    local rotated = word:sub(i) .. word:sub(1, i - 1)
    if not seen[rotated] then
      seen[rotated] = true
      count = count + 1
    end
  end
  return count
end

local function look_and_say(steps)
  local text = "1"
  for _ = 1, steps do
    local parts, at = {}, 1
    while at <= #text do
      local digit, from = text:sub(at, at), at
      while text:sub(at, at) == digit do
        at = at + 1
      end
      parts[#parts + 1] = (at - from) .. digit
    end
    text = table.concat(parts)
  end
  return text
end

local function digit_sum(n)
  local sum = 0
  for c in tostring(n):gmatch("%d") do
    sum = sum + tonumber(c)
  end
  return sum
end

local function roman(n)
  local values = { 1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1 }
  local signs = { "M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I" }
  local text = ""
  for i, value in ipairs(values) do
    while n >= value do
      text = text .. signs[i]
      n = n - value
    end
  end
  return text
end

local n = tonumber(arg and arg[1]) or 1600000
local count = 0
for i = 1, n do
  if is_palindrome(i) then
    count = count + 1
  end
end
print(string.format("%d palindromes", count))
print(join(n))

count = 0
for i = 1, n / 20 do
  count = count + rotations("w" .. i % 100 .. "ord" .. i)
end
print(string.format("%d rotations", count))

local text = look_and_say(40)
print(string.format("%d %s", #text, text:sub(1, 40)))

local sum, letters = 0, 0
for i = 1, n / 5 do
  sum = sum + digit_sum(i * i)
  letters = letters + #roman(i % 3999 + 1)
end
print(string.format("%d %d", sum, letters))
