-- New fields go where the interpreter puts them: tables filled by assignments and by rawset look the same to 'next'.
local function order(t)
  local keys = {}
  for k, v in next, t do keys[#keys + 1] = tostring(k) .. "=" .. tostring(v) end
  return table.concat(keys, " ")
end

-- a function that assigns the fields in this order
local function filler(names)
  local code = { "local t, v = ..." }
  for _, name in ipairs(names) do code[#code + 1] = ("t.%s = v"):format(name) end
  return load(table.concat(code, "\n"))
end

local seed = 7
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n + 1
end

local differ = 0
for round = 1, 60 do
  local names = {}
  for i = 1, random(24) do names[i] = ("f%d"):format(random(40)) end
  local fill = filler(names)
  for i = 1, 12 do
    local t, u = {}, {}
    if i % 3 == 0 then t, u = { f1 = 1, f2 = 2, f3 = 3 }, { f1 = 1, f2 = 2, f3 = 3 } end
    if i % 4 == 0 then
      for j = 1, 5 do t[j * 1.5], u[j * 1.5] = j, j end
      t[print], u[print] = 1, 1
    end
    if i % 5 == 0 then
      for _, name in ipairs(names) do
        if random(2) == 1 then rawset(t, name, 0) rawset(u, name, 0) end
      end
      t[names[1]], u[names[1]] = nil, nil
    end
    fill(t, i)
    for _, name in ipairs(names) do rawset(u, name, i) end
    if order(t) ~= order(u) then differ = differ + 1 end
  end
end
print("tables that differ", differ)

-- objects are kept by the fields that were made for them
local function object(i)
  local o = {}
  o.name = "object " .. i
  o.list = { i }
  o.next = nil
  o.index = i
  return o
end
local kept = {}
for i = 1, 3000 do
  kept[i] = object(i)
  if i % 500 == 0 then collectgarbage() end
  if i == 1500 then collectgarbage "generational" end
end
collectgarbage "incremental"
collectgarbage()
for i = 1, 3000 do
  local o = kept[i]
  assert(o.name == "object " .. i and o.list[1] == i and o.index == i and o.next == nil)
end

-- new fields of old tables
local old = {}
collectgarbage()
collectgarbage "generational"
collectgarbage "step"
collectgarbage "step"
local add = load "local t, i = ... t.one = {i} t.two = {i + 1} t.three = 'x' .. i t.one = nil"
for i = 1, 400 do
  old[i] = old[i] or {}
  add(old[i], i)
  add(old, i)
  if i % 50 == 0 then collectgarbage "step" end
end
collectgarbage "incremental"
for i = 1, 400 do assert(old[i].two[1] == i + 1 and old[i].three == "x" .. i and old[i].one == nil) end

-- __newindex decides, until it is gone, and again
local log = {}
local meta = {}
local function put(t, v) t.field = v end
for i = 1, 80 do
  local t = setmetatable({}, meta)
  if i == 30 then meta.__newindex = function(_, k, v) log[#log + 1] = k .. tostring(v) end end
  if i == 40 then meta.__newindex = nil end
  if i == 50 then meta.__newindex = log end
  if i == 60 then rawset(meta, "__newindex", nil) end
  put(t, i)
  if i % 10 == 0 or i == 41 then print(i, rawget(t, "field"), log.field, #log) end
end

-- a field that makes a metatable have an event
local function event(m) m.__index = function(_, k) return k end end
for i = 1, 40 do
  local m = {}
  local t = setmetatable({}, m)
  local before = t.absent
  event(m)
  if i % 10 == 0 then print(before, t.absent) end
end
local function unmake(m, v) m.__len = v end
for i = 1, 40 do
  local m = { __len = print }
  unmake(m, nil)
  local t = setmetatable({ 1, 2 }, m)
  local before = #t
  unmake(m, function() return "length" end)
  if i % 10 == 0 then print(before, #t) end
end

-- nil is not put in; tables without nodes; fields that are removed and made again
local function clear(t, v) t.a = v t.b = v t.a = nil return next(t) end
for i = 1, 40 do
  local k, v = clear({}, i % 2 == 0 and i or nil)
  if i % 10 < 2 then print(k, v) end
end
local t = {}
local function toggle(t, i) t.on = i t.off = i + 1 t.on = nil return t.on, t.off end
for i = 1, 100 do
  local on, off = toggle(t, i)
  if i % 25 == 0 then print(on, off, next(t)) end
end
