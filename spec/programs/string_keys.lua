-- Fields by constant and by computed names, long strings as keys, deletion while hot, many shapes.
local function get(o)
  return o.a, o.b, o.c
end
local shapes = {
  { a = 1 }, { b = 2 }, { c = 3, a = 1 }, { a = 1, b = 2, c = 3 }, { x = 1, y = 2, a = 5, z = 7 }, {},
}
local sum = 0
for i = 1, 6000 do
  local a, b, c = get(shapes[i % #shapes + 1])
  sum = sum + (a or 0) + (b or 0) * 10 + (c or 0) * 100
end
print(sum)

local o = { count = 0 }
for i = 1, 3000 do
  o.count = o.count + 1
  o.last = i
  if i % 100 == 0 then
    o.last = nil
    o["extra" .. i] = i
  end
end
print(o.count, o.last, o.extra100, o.extra3000, o.extra150)
o.last = nil
local n = 0
for k in pairs(o) do
  n = n + #k
end
print(n)

local long = ("long key "):rep(10)
local l = {}
for i = 1, 2000 do
  local key = long .. i % 20
  l[key] = (l[key] or 0) + i
end
local check = 0
for i = 0, 19 do
  check = check + l[("long key "):rep(10) .. i]
end
print(check)

local cleared = { v = 1, w = 2 }
local seen = 0
for i = 1, 4000 do
  if i == 2000 then
    cleared.v = nil
    collectgarbage()
  elseif i == 3000 then
    cleared.v = "back"
  end
  if cleared.v then
    seen = seen + 1
  end
  cleared.w = cleared.w + 1
end
print(seen, cleared.w)

local cache = setmetatable({}, { __index = function(t, k)
  local v = k:upper()
  t[k] = v
  return v
end })
local m = 0
for i = 1, 3000 do
  m = m + #cache["word" .. i % 30] + #cache.fixed
end
print(m, rawget(cache, "word5"), rawget(cache, "fixed"))

local methods = { len = function(s)
  return 42
end }
local u = 0
for i = 1, 2000 do
  u = u + ("abc"):len() + #("x"):upper() + (methods.len "q")
end
string.double = function(s)
  return s .. s
end
for i = 1, 2000 do
  u = u + #("ab"):double()
end
string.double = nil
print(u, pcall(function()
  return ("ab"):double()
end))

local grown = {}
for i = 1, 1000 do
  grown["f" .. i] = i
  grown.fixed = (grown.fixed or 0) + 1
  if grown.f500 == nil and i > 500 then
    print "lost"
  end
end
print(grown.fixed, grown.f1, grown.f1000)
