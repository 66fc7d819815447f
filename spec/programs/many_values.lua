-- Many registers, arguments, results and constants; results adjusted in every way.
local unpack, pack = table.unpack, table.pack

local function values(n)
  if n == 0 then
    return
  elseif n == 1 then
    return n
  end
  return unpack(ITEMS, 1, n)
end
ITEMS = {}
for i = 1, 250 do
  ITEMS[i] = i
end
local function count(...)
  return select("#", ...), (select(-1, ..., 0))
end
local sum = 0
for i = 1, 3000 do
  local n = count(values(i % 251))
  sum = sum + n
end
print(sum)

local function adjust(n)
  local a, b, c = values(n)
  local d, e = values(n), n
  local f = (values(n))
  local t = { values(n), values(n) }
  local u = { values(n), nil }
  local g, h, i, j, k = 0, values(n)
  return (a or 1) + (b or 10) + (c or 100) + (d or 1000) + e + (f or 0) + #t + #u + g + (h or 2) + (i or 3) + (j or 4) + (k or 5)
end
local total = 0
for i = 1, 3000 do
  total = total + adjust(i % 6)
end
print(total, adjust(0), adjust(1), adjust(2), adjust(5))

-- As many locals as there may be.
local lines = { "local x = ..." }
for i = 1, 190 do
  lines[#lines + 1] = ("local v%d = x + %d"):format(i, i)
end
lines[#lines + 1] = "for i = 1, 50 do"
for i = 2, 190 do
  lines[#lines + 1] = ("v%d = (v%d + v%d) %% 1009"):format(i, i, i - 1)
end
lines[#lines + 1] = "end return v1, v95, v190"
local wide = assert(load(table.concat(lines, "\n"), "=wide"))
for i = 1, 30 do
  wide(i)
end
print(wide(1), wide(0.5))
print(pcall(wide, {}))

-- Parameters: as many as possible, and the calls that fill them.
local parameters, additions = {}, {}
for i = 1, 60 do
  parameters[i], additions[i] = "p" .. i, "(p" .. i .. " or 1)"
end
local source = ("return function(%s) return %s end"):format(table.concat(parameters, ","), table.concat(additions, "+"))
local wide_call = load(source)()
local s = 0
for i = 1, 300 do
  s = s + wide_call(values(i % 200)) + wide_call()
end
print(s)

-- More constants than instructions can name.
local big = { "local t = {} local s = 0" }
for i = 1, 600 do
  big[#big + 1] = ("t.key%d = %d s = s + t.key%d + %d.5"):format(i, i * 1000 + 7, i, i)
end
big[#big + 1] = "return s, t"
local constants = load(table.concat(big, "\n"))
for _ = 1, 20 do
  constants()
end
print((constants()), select(2, constants()).key600)

-- Constructors: long lists, with calls at their end, nested.
local items = {}
for i = 1, 400 do
  items[i] = "i + " .. i
end
local constructor = load("local i = ... return { " .. table.concat(items, ", ") .. ", ... }")
local c = 0
for i = 1, 300 do
  local t = constructor(i, i, i)
  c = c + #t + t[400] + t[403]
end
print(c)
local nested = 0
for i = 1, 2000 do
  local t = { i, { i, x = i, { i, [-i] = i, "s", values(3) } }, y = { values(2) }, values(i % 4) }
  nested = nested + #t + t[2][2][-i] + #t[2][2] + #t.y
end
print(nested)

-- Upvalues: many of them, and functions in functions.
local upvalues = { "local t = {}" }
for i = 1, 60 do
  upvalues[#upvalues + 1] = ("local u%d = %d"):format(i, i)
end
upvalues[#upvalues + 1] = "local function f(x) return x"
for i = 1, 60 do
  upvalues[#upvalues + 1] = (" + u%d"):format(i)
end
upvalues[#upvalues + 1] = " end local function g() u1 = u1 + 1 u60 = u60 + 0.5 end return f, g"
local f, g = load(table.concat(upvalues, "\n"))()
local r = 0
for i = 1, 2000 do
  r = r + f(i)
  if i % 100 == 0 then
    g()
  end
end
print(r)

-- A long chain of comparisons and jumps across more than a byte of instructions.
local chain = { "local n, x = 0, 0 for i = 1, 3000 do x = i % 120" }
for i = 1, 110 do
  chain[#chain + 1] = ("%s x == %d then n = n + %d"):format(i == 1 and "if" or "elseif", i, i * i)
end
chain[#chain + 1] = "else n = n - 1 end end return n"
local long = load(table.concat(chain, "\n"))
print(long(), long())

-- Deep nesting of expressions and blocks.
local deep = ("("):rep(150) .. "x" .. (" + 1)"):rep(150)
local deep_expression = load("local x = ... return " .. deep)
local blocks = load("local n = 0 for i = 1, 20 do " .. ("do local a = i n = n + a "):rep(60) .. ("end "):rep(60) .. "end return n")
local d = 0
for i = 1, 1000 do
  d = d + deep_expression(i)
end
print(d, blocks(), blocks())
local concat = load("local a = ... return a" .. (" .. a"):rep(100))
local length = 0
for i = 1, 500 do
  length = length + #concat(i)
end
print(length, #concat "xyz", pcall(concat, nil))
print(pack(pcall(unpack, {}, 1, 1e7))[2])
print(pcall(function()
  return count(unpack({}, 1, 100000))
end))
