-- The string library in hot loops.
local byte, char, sub, rep, find, format = string.byte, string.char, string.sub, string.rep, string.find, string.format

local s = rep("hello world ", 200)
local sum = 0
for i = 1, #s do
  sum = (sum * 31 + byte(s, i)) % 1000003
  if sub(s, i, i) == "w" then
    sum = sum + #sub(s, i, -1)
  end
end
print(sum)
print(byte(s, 0), byte(s, -1), byte(s, 1, 5), byte("", 1), byte(s, #s + 1))
print(sub(s, -5), sub(s, 0, 3), sub(s, 5, 2) == "", sub(s, 3, -2395), sub("abc", math.mininteger, math.maxinteger))

local t = {}
for i = 0, 2999 do
  t[#t + 1] = char(i % 26 + 97)
end
local text = table.concat(t)
print(#text, sub(text, 1, 30), text:upper():sub(-5), text:reverse():sub(1, 5), text:len())

local count = 0
for word in text:gmatch "[aeiou][^aeiou]*" do
  count = count + #word
end
print(count, select(2, text:gsub("a", "A")), find(text, "xyz", 1, true), find(text, "q.*r", 100))

local joined = ""
for i = 1, 1500 do
  joined = joined .. i % 10
  if i % 500 == 0 then
    joined = joined .. "." .. i / 2 .. "."
  end
end
print(#joined, joined:sub(495, 515))

local keys = {}
for i = 1, 3000 do
  local k = "key" .. i % 100
  keys[k] = (keys[k] or 0) + i
end
print(keys.key0, keys.key99, keys["key" .. 50])

local function compare(a, b)
  return (a < b and 1 or 0) + (a <= b and 2 or 0) + (a == b and 4 or 0)
end
local words = { "", "a", "ab", "b", "a\0b", "a\0c", "Z" }
local r = 0
for i = 1, 3000 do
  r = r + compare(words[i % 7 + 1], words[i % 5 + 1]) * (i % 11)
end
print(r)
for i = 1, 2000 do
  local f = format("%5d|%-5s|%05.1f|%x|%q", i, i, i / 3, i, i)
  if i % 500 == 0 then
    print(f)
  end
end
print(#"", #"\0\0", ("x"):rep(3, ","), ("%d"):format(3.0), pcall(format, "%d", 3.5))
print(("abc"):byte(1, -1), ("abc") < ("abd"), "10" + 5, "0x10" * 2, "3" .. 4, 10 .. "")
