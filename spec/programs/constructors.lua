-- setmetatable in hot constructors: classes that get finalizers, protected metatables, other arguments.
local Class = { kind = "class" }
Class.__index = Class
local function new(x, class) return setmetatable({ x = x }, class) end
local function renew(o, class)
  local r = setmetatable(o, class)
  return r == o and getmetatable(r)
end
local function run(what, f)
  local out = {}
  for i = 1, 60 do out[i] = tostring(f(i)) end
  print(what, table.concat(out, " "))
end
run("new", function(i)
  local o = new(i, Class)
  return o.x .. o.kind
end)
run("without", function(i) return getmetatable(new(i, i < 30 and Class or nil)) == Class end)
run("again", function(i) return renew(new(i, Class), i < 30 and { 1 } or nil) == Class end)
run("protected", function(i)
  local o = { }
  if i > 30 then o = setmetatable({}, { __metatable = "protected" }) end
  local good, e = pcall(renew, o, Class)
  return good or e
end)
run("errors", function(i)
  local values = { 1, "x", print, true }
  return select(2, pcall(new, i, i < 30 and Class or values[i % 4 + 1]))  == nil or i
end)
print(select(2, pcall(function() return setmetatable({}, 1) end)))
print(select(2, pcall(function() return setmetatable(1, {}) end)))
print(select(2, pcall(function() return setmetatable({}) end)))

local finalized = 0
local Final = {}
for i = 1, 90 do
  if i == 30 then Final.__gc = function() finalized = finalized + 1 end end
  if i == 70 then
    collectgarbage()
    Final.__gc = nil
  end
  new(i, Final)
end
collectgarbage()
collectgarbage()
print("finalized", finalized)

-- weak tables
local Weak = { __mode = "k" }
local caches = {}
for i = 1, 60 do
  caches[i] = new(i, Weak)
  caches[i][{}] = i
end
collectgarbage()
local left = 0
for i = 1, 60 do
  for k in pairs(caches[i]) do
    if type(k) == "table" then left = left + 1 end
  end
end
print("left", left)

-- metatables are kept by what they were set for; old tables with new ones
local objects = {}
for i = 1, 2000 do
  objects[i] = new(i, { __index = { index = i } })
  if i % 300 == 0 then collectgarbage() end
  if i == 1000 then collectgarbage "generational" end
end
collectgarbage "incremental"
collectgarbage()
for i = 1, 2000 do assert(objects[i].index == i) end
local old = {}
for i = 1, 400 do old[i] = {} end
collectgarbage()
collectgarbage "generational"
collectgarbage "step"
for i = 1, 400 do
  renew(old[i], { __index = { index = i } })
  if i % 40 == 0 then collectgarbage "step" end
end
collectgarbage "incremental"
for i = 1, 400 do assert(old[i].index == i) end

-- in a loop that looks fields up
local function adopt(list, class)
  local n = 0
  for i = 1, #list do
    local o = list[i]
    n = n + (o.weight or 1)
    setmetatable(o, class)
    n = n + o.weight
  end
  return n
end
run("adopt", function(i) return adopt({ {}, { weight = 3 }, {} }, { __index = { weight = i } }) end)
local same = {}
local function twice(o, class)
  local a = o.weight
  setmetatable(o, class)
  return tostring(a) .. tostring(o.weight)
end
run("before and after", function(i) return twice({}, { __index = { weight = i } }) end)
local original = setmetatable
run("replaced", function(i)
  if i == 30 then setmetatable = function(t, m) return original({ replaced = true }, m) end end
  if i == 50 then setmetatable = original end
  return new(i, Class).replaced
end)
