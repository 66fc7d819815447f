-- Hooks set while native code runs see what they see in stock Lua: no event and no instruction more or less.

local log = {}
local function note(event, line)
  local info = debug.getinfo(2, "Slnt")
  log[#log + 1] = ("%s:%s:%s:%s"):format(event, line or info.currentline, info.name or "?", info.what)
end

local function leaf(x) return x + 1 end

local function twice(x)
  local y = leaf(x)
  return leaf(y)
end

local function in_loop(n, at, mask, count)
  local s = 0
  for i = 1, n do
    if i == at then debug.sethook(note, mask, count) end
    s = s + twice(i)
    if i == at + 2 then
      debug.sethook()
    end
  end
  return s
end

local function set(mask) debug.sethook(note, mask) end

local function through(mask)
  set(mask)
  local a = leaf(1)
  return a
end

local function early(mask)
  if mask then set(mask) return end
  return 1
end

for round = 1, 40 do
  for _, mask in ipairs { "c", "r", "l", "crl", "cr" } do
    log = {}
    local s = in_loop(30, 20, mask)
    local loop = #log
    through(mask)
    debug.sethook()
    early()
    early(mask)
    debug.sethook()
    if round % 13 == 0 then
      print(round, mask, s, loop, #log)
      print(table.concat(log, " "))
    end
  end
end

-- Instructions are counted as in stock Lua.
local function counted(n)
  local hits = 0
  debug.sethook(function() hits = hits + 1 end, "", n)
  local s = 0
  for i = 1, 50 do s = s + twice(i) end
  for k in pairs { 1, 2, 3 } do s = s + leaf(k) end
  debug.sethook()
  return hits
end
for round = 1, 30 do
  local all = {}
  for n = 1, 12 do all[n] = counted(n) end
  if round % 10 == 0 then print(table.concat(all, " ")) end
end

-- Functions keep their lines, locals and names while instructions are counted, and afterwards.
local function failing(t, ...)
  local first, second = ...
  for _, v in ipairs(t) do
    local w = v
    if w == 3 then
      return first.field.missing
    end
  end
  return second
end
for round = 1, 20 do
  local counting = round % 2 == 0
  local text
  if counting then debug.sethook(function() end, "", 1) end
  local _, message = pcall(failing, { 1, 2, 3 }, { }, 2)
  local _, trace = xpcall(failing, debug.traceback, { 1, 2, 3 }, { }, 2)
  text = load(string.dump(failing))
  debug.sethook()
  print(message, (trace:gsub("\n.*", "")), failing({ 1 }, 1, 2), pcall(text, { 1, 3 }, { field = { missing = round } }))
end

-- The hook is removed by a function that is called while it counts.
local function remove(n)
  debug.sethook()
  if n > 0 then return remove(n - 1) end
  return leaf(n)
end
for _ = 1, 20 do
  debug.sethook(function() end, "", 3)
  remove(3)
end
collectgarbage()
print(remove(5), in_loop(100, 200))
