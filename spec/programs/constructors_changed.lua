-- Tables that are not what a constructor made when its fields and elements are put in: the code that is being run reaches
-- into the registers of the constructor, or the table is used for something else behind it.
local function show(t)
  local keys = {}
  for k, v in next, t do keys[#keys + 1] = tostring(k) .. "=" .. tostring(v) end
  table.sort(keys)
  return table.concat(keys, " ") .. " #" .. #t
end

-- the table under construction, in a register of the function that calls
local function unfinished(level)
  local found
  for i = 1, 50 do
    local name, value = debug.getlocal(level + 1, i)
    if name == nil then return found end
    if type(value) == "table" and name:sub(1, 1) == "(" then found = value end
  end
end

local act = function() return 1 end
local function meddle() return act(unfinished(2)) end

local acts = {
  function() return 1 end,
  function(t) setmetatable(t, { __newindex = function(t, k, v) rawset(t, k, "new " .. tostring(v)) end }) return 2 end,
  function(t) t.z, t.y, t.x = 7, 8, 9 return 3 end,
  function(t) for i = 1, 20 do t["k" .. i] = i end return 4 end,
  function(t) for i = 1, 20 do t["k" .. i] = i end for i = 1, 20 do t["k" .. i] = nil end t[9] = 1 return 5 end,
  function(t) setmetatable(t, { __index = { x = 1 } }) return 6 end,
  function(t) t[1], t[2] = "one", "two" return 7 end,
}
local function fields() return { x = meddle(), y = 2, z = 3 } end
local function twice() return { x = 1, y = meddle(), x = 5 } end
local function list() return { meddle(), 2, 3 } end
local function both() return { meddle(), 2, a = 1, b = 2, 3 } end
for which = 1, #acts do
  act = acts[1]
  for _ = 1, 300 do fields() twice() list() both() end
  act = acts[which]
  for i = 1, 40 do
    local f, t, l, b = fields(), twice(), list(), both()
    if i % 20 == 1 then print(which, show(f), show(t), show(l), show(b)) end
  end
end

-- nil, floats, objects as values; a field twice; more fields than the constructor made room for
local function mixed(v, w)
  local t = { a = v, b = w, a = w, c = nil }
  t.d = v
  t.e, t.f, t.g = w, v, w
  local u = { v, w, nil, v }
  u[3] = w
  return t, u
end
for i = 1, 400 do
  local v = i % 7 == 0 and nil or i % 5 == 0 and i + 0.5 or i % 3 == 0 and {} or i
  local t, u = mixed(v, i % 2 == 0 and "s" .. i or nil)
  if i % 50 == 0 then
    for k, x in pairs(t) do if type(x) == "table" then t[k] = "table" end end
    for k, x in pairs(u) do if type(x) == "table" then u[k] = "table" end end
    print(show(t), select("#", table.unpack(u, 1, 4)), rawlen(u) >= 0)
  end
end

-- assignments to fields that come and go, of objects with and without metatables
local plain, inherits = {}, setmetatable({}, { __index = { missing = "inherited" } })
local logged = {}
local logs = setmetatable({}, { __newindex = function(_, k, v) logged[#logged + 1] = k .. tostring(v) end })
local function assign(o, i)
  o.first = i % 3 > 0 and i or nil
  o.second = o.first
  o.missing = i % 4 == 0 and "own" or nil
  return tostring(o.first) .. tostring(o.missing)
end
local sum = 0
for i = 1, 600 do
  sum = sum + #assign(plain, i) + #assign(inherits, i)
  if i > 400 then sum = sum + #assign(logs, i) end
  if i % 100 == 0 then plain = {} end
end
print(sum, #logged, logged[1], logged[#logged], show(plain), show(inherits), show(logs))

-- a metatable gets an event while fields of its objects are being assigned
local meta = {}
local function set(o, i) o.name = i o.other = nil return o end
for i = 1, 600 do
  local o = set(setmetatable({}, meta), i)
  if i == 500 then meta.__newindex = function(o, k, v) rawset(o, k, v and -v) end end
  if i % 99 == 0 or i > 598 then print(i, o.name, o.other) end
end

-- fields called as events are, in a table that is a metatable already
local function class(i)
  local c = { value = i }
  local o = setmetatable({}, c)
  local before = o.anything
  c.__index = function() return "from " .. i end
  return before, o.anything
end
for i = 1, 400 do
  local before, after = class(i)
  if i % 100 == 0 then print(before, after) end
end

-- what is new refers to what is newer, under a collector at work
collectgarbage("generational")
local held = {}
for i = 1, 2000 do
  local t = { name = { i }, list = { { i }, { i + 1 } } }
  held[i % 100 + 1] = t
  if i % 300 == 0 then collectgarbage("step") end
end
for i = 1, 100 do if held[i].list[2][1] ~= held[i].name[1] + 1 then print("lost", i) end end
collectgarbage("incremental")
print(#held)
