-- Metatables of numbers, strings, nil, booleans and functions, set and removed while their users are hot.
local function get(v, k)
  return v[k]
end
local function add(x, y)
  return x + y
end
local function call(x, y)
  return x(y)
end
local function method(s)
  return s:upper()
end
local function length(x)
  return #x
end
for i = 1, 2000 do
  get({ i }, 1)
  add(i, i)
  call(math.abs, i)
  method "x"
  length "abc"
end
print(pcall(get, 5, "x"))
print(pcall(add, nil, 1))
print(pcall(call, 5, 1))
print(pcall(get, nil, 1))

debug.setmetatable(0, { __index = function(n, k)
  return n .. "." .. k
end, __call = function(n, x)
  return n * x
end, __len = function(n)
  return n
end })
print(get(5, "x"), call(5, 3), length(7), add(1, 2))
local s = 0
for i = 1, 3000 do
  s = s + #get(i, "k") + call(i, 2) + length(i)
end
print(s)
debug.setmetatable(0, nil)
print(pcall(get, 5, "x"))
print(pcall(call, 5, 3))
print(pcall(length, 5))

debug.setmetatable(nil, { __add = function(_, y)
  return y or "nothing"
end, __index = function()
  return nil
end, __eq = function()
  return true
end })
print(add(nil, 5), add(nil, nil), get(nil, 1), nil == false)
local r = 0
for i = 1, 2000 do
  r = r + add(i % 2 == 0 and i or nil, 1)
end
print(r)
debug.setmetatable(nil, nil)
print(pcall(add, nil, 5))

debug.setmetatable(true, { __lt = function()
  return true
end, __concat = function(a, b)
  return tostring(a) .. "&" .. tostring(b)
end })
local function less(a, b)
  return a < b
end
local function concat(a, b)
  return a .. b
end
for i = 1, 2000 do
  less(i, 2)
  concat(i, "x")
end
print(less(true, false), concat(true, 1), pcall(less, 1, "x"))
debug.setmetatable(true, nil)
print(pcall(less, true, false))
print(pcall(concat, true, 1))

debug.setmetatable(print, { __index = function(f, k)
  return k
end, __add = function(f, g)
  return function(x)
    return f(x) + g(x)
  end
end })
print(get(print, "field"), get(get, "field"))
local composed = add(math.abs, math.sqrt)
local t = 0
for i = 1, 2000 do
  t = t + composed(4)
end
print(t)
debug.setmetatable(print, nil)
print(pcall(get, print, "x"))

-- The metatable of strings is reached by every method call on one.
local strings = getmetatable("").__index
getmetatable("").__index = function(text, k)
  return strings[k] or #text + k
end
print(method "abc", get("abc", 1), get("abc", 2.5))
local u = 0
for i = 1, 2000 do
  u = u + #method "x" + get("y", i)
end
print(u)
getmetatable("").__index = strings
print(method "abc", get("abc", 1))
getmetatable("").__add = function(a, b)
  return a .. "+" .. b
end
print(add("a", "b"), add("1", 2), pcall(add, {}, "x"))
getmetatable("").__add = nil
print(pcall(add, "a", "b"))
string.upper = function()
  return "replaced"
end
print(method "abc")
strings.upper = nil
print(pcall(method, "abc"))
