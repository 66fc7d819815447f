-- Hot Lua functions called from C: comparators, callbacks, iterators, metamethods; errors and yields through them.
local list = {}
local x = 12345
for i = 1, 600 do
  x = (x * 1103515245 + 12345) % 2147483648
  list[i] = x
end
local comparisons = 0
local function descending(a, b)
  comparisons = comparisons + 1
  return a > b
end
table.sort(list, descending)
local sorted = true
for i = 2, #list do
  sorted = sorted and list[i - 1] >= list[i]
end
print(sorted, comparisons > 1000)
print(pcall(table.sort, { 3, 1, 2, "x" }))
print(pcall(table.sort, { 3, 1, 2, {} }, descending))
print(select(2, pcall(table.sort, { 5, 4, 3, 2, 1, 2, 3, 4, 5, 6 }, function()
  return true
end)))
local stable = { }
for i = 1, 200 do
  stable[i] = { key = i % 7, id = i }
end
table.sort(stable, function(a, b)
  if a.key ~= b.key then
    return a.key < b.key
  end
  return a.id < b.id
end)
local check = 0
for i, v in ipairs(stable) do
  check = (check * 31 + v.id * i) % 1000003
end
print(check)

local replaced = 0
local text = ("word another 12 x3 "):rep(200)
local out = text:gsub("%w+", function(w)
  replaced = replaced + 1
  if w:match "^%d" then
    return "<" .. w .. ">"
  elseif #w > 5 then
    return false
  end
end)
print(#out, replaced, out:sub(1, 40))
print(pcall(string.gsub, "abc", ".", function(c)
  return c == "b" and {} or c
end))
print(pcall(string.gsub, "abc", "b", function(c)
  error("in callback of " .. c)
end))
print(("a=1, b=2"):gsub("(%w)=(%w)", function(k, v)
  return v .. "=" .. k
end))
print(("$name is $age"):gsub("%$(%w+)", setmetatable({}, { __index = function(_, k)
  return "<" .. k .. ">"
end })))

-- Yields across C functions: some have continuations, the others say so.
local yield, wrap = coroutine.yield, coroutine.wrap
local function yielder(v)
  return yield(v)
end
print(pcall(wrap(function()
  table.sort({ 3, 2, 1 }, function(a, b)
    yielder "sort"
    return a < b
  end)
end)))
print(pcall(wrap(function()
  return (("x"):gsub("x", yielder))
end)))
print(pcall(wrap(function()
  for _ = 1, 200 do
    load(function()
      yielder "load"
    end)
  end
end)))
local through_pcall = wrap(function()
  local s = 0
  for i = 1, 1000 do
    local ok, v = pcall(yielder, i)
    s = s + (ok and v or 0)
  end
  return "sum", s
end)
local r, s = through_pcall(), nil
while r ~= "sum" do
  r, s = through_pcall(r * 2)
end
print(r, s)
local n = 0
for v in wrap(function()
  for i = 1, 1500 do
    yield(i % 2 == 0 and i or nil or false)
  end
end) do
  n = n + (v or 1)
end
print(n)

local function tostring_many()
  local object = setmetatable({}, { __tostring = function(self)
    return "object " .. self.n
  end, __name = "Thing" })
  local length = 0
  for i = 1, 1000 do
    object.n = i
    length = length + #tostring(object) + #("%s"):format(object)
  end
  return length, tostring(object)
end
print(tostring_many())
print(pcall(tostring, setmetatable({}, { __tostring = function()
  return 1
end })))
print(#table.concat(setmetatable({}, { __index = function(_, i)
  return i
end, __len = function()
  return 300
end }), ","))
print(pcall(table.concat, { 1, {}, 3 }))
print(table.unpack(setmetatable({}, { __index = function(_, i)
  return i * i
end }), 1, 5))
local moved = table.move(setmetatable({}, { __index = function(_, i)
  return i % 10
end }), 1, 500, 1, {})
print(#moved, moved[9], moved[500])
local inserted = setmetatable({}, { __newindex = function(t, k, v)
  rawset(t, k, v * 2)
end })
for i = 1, 300 do
  table.insert(inserted, i)
end
print(#inserted, inserted[1], inserted[300])

-- Recursion through C and back.
local function nest(depth)
  if depth == 0 then
    return 1
  end
  local ok, v = pcall(function()
    return (("x"):gsub("x", function()
      return tostring(nest(depth - 1) + 1)
    end))
  end)
  return ok and tonumber(v) or -1
end
for _ = 1, 20 do
  nest(10)
end
print(nest(20), nest(30))
print(xpcall(nest, function(m)
  return debug.traceback(m, 2)
end, "x"))
