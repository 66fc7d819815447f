-- Finalizers, weak tables and the collector's modes while native code allocates.
local finalized = 0
local meta = { __gc = function()
  finalized = finalized + 1
end }

local function churn(n)
  local keep = {}
  for i = 1, n do
    local o = setmetatable({ i, { i } }, meta)
    if i % 10 == 0 then
      keep[#keep + 1] = o
    end
  end
  local sum = 0
  for _, o in ipairs(keep) do
    sum = sum + o[1] + o[2][1]
  end
  return sum, keep
end

for _, mode in ipairs { "incremental", "generational", "incremental" } do
  collectgarbage(mode)
  local before = finalized
  local sum, keep = churn(5000)
  collectgarbage()
  collectgarbage()
  print(mode, sum, #keep, finalized - before)
  keep = nil
  collectgarbage()
  collectgarbage()
  print(finalized - before)
end

local weak = setmetatable({}, { __mode = "v" })
local strong = {}
for i = 1, 3000 do
  local t = { i }
  weak[i] = t
  if i % 3 == 0 then
    strong[#strong + 1] = t
  end
end
collectgarbage()
local alive = 0
for _ in pairs(weak) do
  alive = alive + 1
end
print(alive, #strong)

local ephemeron = setmetatable({}, { __mode = "k" })
local keys = {}
for i = 1, 2000 do
  local k = {}
  ephemeron[k] = { k }
  if i % 4 == 0 then
    keys[#keys + 1] = k
  end
end
collectgarbage()
local n = 0
for k, v in pairs(ephemeron) do
  n = n + (v[1] == k and 1 or 1000)
end
print(n)

collectgarbage "generational"
local old = {}
for i = 1, 100 do
  old[i] = {}
end
collectgarbage()
for round = 1, 100 do
  for i = 1, 100 do
    old[i].value = { round, i }
    old[i][round] = "s" .. round
  end
  if round % 10 == 0 then
    collectgarbage "step"
  end
end
local check = 0
for i = 1, 100 do
  check = check + old[i].value[1] * old[i].value[2] + #old[i] + #old[i][50]
end
print(check)
collectgarbage "incremental"

local order = {}
for i = 1, 3 do
  setmetatable({}, { __gc = function()
    order[#order + 1] = i
  end })
end
collectgarbage()
print(table.concat(order, " "))

local function build(depth)
  if depth == 0 then
    return {}
  end
  return { build(depth - 1), build(depth - 1) }
end
local function size(t)
  return t[1] and 1 + size(t[1]) + size(t[2]) or 1
end
for _ = 1, 10 do
  io.write(size(build(8)), " ")
end
print()
setmetatable({}, { __gc = function()
  print "finalizer at the end"
end })
