-- Tracebacks and debug information out of hot functions.
local function level3(n)
  if n == 2500 then
    return debug.traceback("here", 1)
  elseif n == 2600 then
    error "in level 3"
  end
  return n
end
local function level2(n)
  local r = level3(n)
  return r
end
local object = {}
function object:method(n)
  local r = level2(n)
  return r
end
for i = 1, 2599 do
  local r = object:method(i)
  if type(r) == "string" then
    print(r)
  end
end
print(xpcall(object.method, debug.traceback, object, 2600))
print(pcall(object.method, object, 2600))

local function tailed(n)
  return level2(n)
end
for _ = 1, 2000 do
  tailed(1)
end
print(xpcall(tailed, debug.traceback, 2500))
print(select(2, xpcall(tailed, debug.traceback, 2600)))

local function lines()
  local t = {}
  for i = 1, 2000 do
    t[i % 10] = debug.getinfo(1, "l").currentline
      + 0
    t[i % 10] = t[i % 10] + debug.getinfo(1, "l").currentline
  end
  return t[0], t[9]
end
print(lines())

local function locals(a, b)
  local c = a + b
  local names = {}
  for i = 1, 10 do
    local name, value = debug.getlocal(1, i)
    if not name then
      break
    end
    if type(value) == "number" then
      names[#names + 1] = name .. "=" .. value
    end
  end
  return table.concat(names, " ")
end
local last
for i = 1, 1500 do
  last = locals(i, 2)
end
print(last)

local function info()
  local i = debug.getinfo(1, "nSltu")
  return i.name, i.namewhat, i.what, i.linedefined, i.currentline, i.nparams, i.isvararg, i.istailcall
end
for _ = 1, 1000 do
  info()
end
print((info()), select(2, info()))

local function where(level)
  local t = {}
  for l = 1, 4 do
    local d = debug.getinfo(level + l - 1, "nl")
    t[l] = d and (d.name or "?") .. ":" .. d.currentline or "-"
  end
  return table.concat(t, " ")
end
local function via(n)
  local w = where(2)
  return n, w
end
local w
for i = 1, 1500 do
  _, w = via(i)
end
print(w)
