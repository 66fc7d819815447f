-- Everything in the main chunk: no function is ever called, loops only.
local a, b, c = 0, 1.5, ""
for i = 1, 20000 do
  a = a + i % 7
  b = b * 0.999 + i
  if i % 4000 == 0 then
    c = c .. i .. ";"
  end
end
print(a, string.format("%.6f", b), c)

local t = {}
local i = 0
while i < 10000 do
  i = i + 1
  t[i] = i * i
end
repeat
  i = i - 1
  t[i + 1] = t[i + 1] - i
until i == 0
print(#t, t[1], t[10000])

local captured
for j = 1, 5000 do
  local x = j
  if j == 4999 then
    captured = function()
      x = x + 1
      return x
    end
  end
  x = x + 1
end
print(captured(), captured())

total = 0
for j = 1, 10000 do
  total = total + j
  if j == 9000 then
    total = total + 0.5
  end
end
print(total)

local m = {}
for y = 1, 100 do
  m[y] = {}
  for x = 1, 100 do
    m[y][x] = x * y % 10
  end
end
local sum = 0
for y = 1, 100 do
  for x = 1, 100 do
    sum = sum + m[x][y] * m[y][x]
  end
end
print(sum)

local k = 0
for j = 1, math.huge do
  k = j
  if j > 7000 then
    break
  end
end
print(k, math.type(k))
for j = 1, 3 do
  for l = 1, 4000 do
    if l == 3999 then
      local ok, message = pcall(error, "in loop " .. j, 0)
      print(ok, message)
    end
  end
end
