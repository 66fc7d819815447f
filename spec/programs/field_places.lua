-- Fields found where they were seen, inherited ones, absent ones: and then what was seen changes.
local function run(what, f, ...)
  local out = {}
  for i = 1, 60 do out[i] = tostring(f(i, ...)) end
  print(what, table.concat(out, " "))
end

-- the same keys, made in another order, in tables of other sizes
local function sum(p) return p.x + p.y + p.z end
local makers = {
  function(i) return { x = i, y = 2 * i, z = 3 * i } end,
  function(i) return { z = 3 * i, y = 2 * i, x = i } end,
  function(i) return { x = i, y = 2 * i, z = 3 * i, a = 1, b = 2, c = 3, d = 4, e = 5, f = 6 } end,
  function(i) local t = {} t.z = i t.x = i t.y = i for j = 1, 20 do t["k" .. j] = j end return t end,
}
run("places", function(i) return sum(makers[1](i)) end)
run("other places", function(i) return sum(makers[i % 4 + 1](i)) end)

-- a key that is an integer or a float with the bits of nothing, next to the wanted one
run("other kinds of keys", function(i)
  return sum { x = i, y = 1, z = 2, [i] = 7, [i + 0.5] = 8, [true] = 9 }
end)

-- a field that is removed leaves its key behind
local function get(t) return t.field end
local t = { field = 1, other = 2 }
run("removed", function(i)
  if i == 40 then t.field = nil end
  if i == 50 then t.field = "back" end
  return get(t)
end)
run("never there", function(i) return get { other = i } end)
run("not always there", function(i) return get(i % 3 == 0 and { field = i } or {}) end)

-- lists that end with an absent field
local function length(list)
  local n = 0
  while list do
    n = n + 1
    list = list.next
  end
  return n
end
local function list(n)
  local l
  for _ = 1, n do l = { next = l } end
  return l
end
run("lists", function(i) return length(list(i % 7)) end)

-- inherited fields, by several levels, which change on the way
local A = { name = "A" }
A.__index = A
local B = setmetatable({ own = "B" }, A)
B.__index = B
local C = setmetatable({}, B)
C.__index = C
local function name(o) return o.name end
local function method(o, ...) return o:who(...) end
function A:who(x) return "A" .. x .. self.name end
run("inherited", function() return name(setmetatable({}, C)) end)
run("method", function(i) return method(setmetatable({}, C), i) end)
run("method of an instance", function(i)
  local o = setmetatable({}, C)
  if i > 40 then o.who = function(self, x) return "own" .. x .. self.own end end
  return method(o, i)
end)
run("overridden", function(i)
  if i == 30 then function B:who(x) return "B" .. x end end
  if i == 50 then B.who = nil end
  return method(setmetatable({}, C), i)
end)
run("other metatable", function(i)
  local o = setmetatable({}, i < 40 and C or A)
  return method(o, i)
end)
run("index replaced", function(i)
  if i == 30 then C.__index = { who = function() return "replaced" end, name = "r" } end
  if i == 45 then C.__index = function(_, k) return k == "who" and function() return "computed" end or k end end
  if i == 55 then C.__index = B end
  return method(setmetatable({}, C), i) .. name(setmetatable({}, C))
end)
run("index removed", function(i)
  if i == 40 then C.__index = nil end
  local o = setmetatable({}, C)
  local v = name(o)
  if i == 50 then C.__index = B end
  return v
end)
run("rawset and rawget", function(i)
  if i == 40 then rawset(B, "name", "raw") end
  return name(setmetatable({}, C)) .. tostring(rawget(C, "name"))
end)
run("metatable gone", function(i)
  local o = setmetatable({}, C)
  if i > 40 then setmetatable(o, nil) end
  return name(o)
end)

-- chains that are longer, and one that has no end
local deep = { field = "deep" }
for _ = 1, 12 do deep = setmetatable({}, { __index = deep }) end
run("deep", function() return get(deep) end)
local round = {}
setmetatable(round, { __index = round })
print(pcall(function() for _ = 1, 60 do get(round) end end))

-- the lookup is the same for the whole loop, until it is not
local function loop(o, n, change)
  local s = ""
  for i = 1, n do
    s = s .. o:who(i)
    if i == change then function A:who(x) return "new" .. x end end
  end
  return s
end
C.__index = B
rawset(B, "name", nil)
for i = 1, 30 do loop(setmetatable({}, C), 3, 0) end
print(loop(setmetatable({}, C), 12, 6))
local function pure(o, n)
  local s = 0
  for i = 1, n do s = s + o.step * i end
  return s
end
A.step = 2
run("hoisted", function(i)
  if i == 30 then A.step = 3 end
  if i == 45 then B.step = 0.5 end
  if i == 55 then B.step = nil end
  return pure(setmetatable({}, C), 10)
end)
local function stores(o, class, n)
  local s = 0
  for i = 1, n do
    s = s + o.step
    class.step = i
  end
  return s
end
run("stored in the loop", function() return stores(setmetatable({}, C), A, 10) end)
local function hides(o, n)
  local s = 0
  for i = 1, n do
    s = s + o.step
    if i == 5 then o.step = 100 end
  end
  return s
end
run("hidden in the loop", function() return hides(setmetatable({}, C), 10) end)

-- strings
local function sub(s, i) return s:sub(i, i + 1) end
local function len(s) return s:len() end
run("strings", function(i) return sub("abcdefghijklmnopqrstuvwxyz", i % 20 + 1) end)
run("lengths", function(i) return len(("x"):rep(i)) end)
run("strings or tables", function(i) return len(i % 3 == 0 and { len = function() return "table" end } or "abc") end)
run("string library changed", function(i)
  if i == 30 then function string.half(s) return s:sub(1, #s // 2) end end
  local s = "0123456789"
  return s.half and s:half() or "none"
end)
string.half = nil
run("other string metatable", function(i)
  local meta = getmetatable("")
  if i == 30 then meta.__index = function(_, k) return k == "len" and function() return "own" end or nil end end
  if i == 45 then meta.__index = string end
  return len("abc")
end)
run("errors", function(i)
  local values = { 1, true, print, false }
  return select(2, pcall(i < 50 and get or len, i < 40 and {} or values[i % 4 + 1]))
end)

-- inlined functions and their callers name the same fields
local function add(p, d) p.x = p.x + d return p.x end
local function twice(p)
  local before = p.x
  local a = add(p, 1)
  p.x = p.x * 2
  local b = add(p, 1)
  return before .. "," .. a .. "," .. b .. "," .. p.x
end
run("inlined", function(i) return twice { x = i } end)
local function alias(p, q)
  local a = p.x
  add(q, 1)
  return a + p.x
end
run("aliased", function(i)
  local p = { x = i }
  return alias(p, i % 2 == 0 and p or { x = 0 })
end)

-- integers and floats compared
local function less(a, b) return tostring(a < b) .. tostring(a <= b) .. tostring(a == b) .. tostring(b < a) end
local edge = { 0, 1, -1, 2 ^ 53, 2 ^ 53 + 1, 0.5, -0.5, 1 / 0, -1 / 0, 0 / 0, -0.0, 2.0 ^ 63, -2.0 ^ 63 }
local whole = { 0, 1, -1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, math.maxinteger, math.mininteger, 3 }
for round = 1, 8 do
  local out = {}
  for _, i in ipairs(whole) do
    for _, x in ipairs(edge) do out[#out + 1] = less(i, x) .. less(x, i) end
  end
  if round == 8 then print(table.concat(out, " ")) end
end
