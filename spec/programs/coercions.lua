-- Strings as numbers, numbers as strings, integers and floats as keys and in comparisons.
local function add(a, b)
  return a + b
end
local function cat(a, b)
  return a .. b
end
local args = { 1, 1.5, "2", "2.5", " 3 ", "0x10", "1e1" }
local sum, length = 0, 0
for i = 1, 7000 do
  local a, b = args[i % 7 + 1], args[(i // 7) % 7 + 1]
  sum = sum + add(a, b)
  length = length + #cat(a, b)
end
print(sum, length)
for _, a in ipairs(args) do
  for _, b in ipairs(args) do
    io.write(tostring(add(a, b)), "/", math.type(add(a, b)), "/", cat(a, b), " ")
  end
  print()
end
print(pcall(add, "x", 1))
print(pcall(add, 1, ""))
print(pcall(add, "1", {}))
print(pcall(cat, "1", {}))
print("10" * "2", "7" // 2, "7" % "4", -"3", "2" ^ 2, 1 << 4, pcall(function()
  return "1.5" | 1
end))
print("0x7fffffffffffffff" + 1, "9223372036854775807" + 1, "9223372036854775808" + 0, "-9223372036854775808" + 0)

local function bits(a, b)
  return a & b, a | b, a ~ b, a << b, a >> b, ~a
end
local acc = 0
for i = 1, 4000 do
  local a, b, c, d, e, f = bits(i * 1.0, i % 70)
  acc = acc ~ a ~ b ~ c ~ d ~ e ~ f
end
print(acc)
print(bits(-1, 63), bits(-1, 64), bits(1, -1), bits(3, -64), pcall(bits, "7", "2"))
print(pcall(bits, 1.5, 1))
print(pcall(bits, 2 ^ 63, 1))

local function equal(a, b)
  return a == b
end
local n = 0
for i = 1, 4000 do
  if equal(i, i + 0.0) then
    n = n + 1
  end
  if equal(i, tostring(i)) then
    n = n + 1000
  end
end
print(n, equal(1, 1.0), equal("1", 1), equal(2 ^ 53, 2 ^ 53 | 0), equal(math.maxinteger, math.maxinteger + 0.0))
local t = {}
for i = 1, 2000 do
  t[i * 1.0] = i
end
print(#t, next(t), math.type((next(t))), t[5], t[5.0], t["5"])
print(math.type(3 // 1), math.type(3 / 1), math.type(3.0 // 1), math.type(2 ^ 2), 1e15, 1e16, 2 ^ 63, 1e100, 100 // 1e0)
print(tostring(3) == "3", tostring(3.0), 3 | 0, 3.0 | 0, 1e3 // 1 | 0, tostring(-0.0), 0x.8p1, 1 // 1.0)
print(tonumber "  0x1p4  ", tonumber "1e", tonumber("zz", 36), tonumber("8", 8), tonumber "1 2", tonumber "", tonumber "0x")
