-- pcall, xpcall and error in hot loops; errors of every type; handlers that fail.
local function risky(i)
  if i % 11 == 0 then
    error("eleven")
  elseif i % 13 == 0 then
    error({ code = i })
  elseif i % 17 == 0 then
    error()
  end
  return i, i * 2
end

local counts = { ok = 0, string = 0, table = 0, ["nil"] = 0 }
local sum = 0
for i = 1, 6000 do
  local ok, a, b = pcall(risky, i)
  if ok then
    counts.ok = counts.ok + 1
    sum = sum + a + b
  else
    counts[type(a)] = counts[type(a)] + 1
    sum = sum + (type(a) == "table" and a.code or 1)
  end
end
print(sum, counts.ok, counts.string, counts.table, counts["nil"])

local handled = 0
for i = 1, 3000 do
  local ok, m = xpcall(risky, function(e)
    handled = handled + 1
    return type(e)
  end, i)
  if not ok and i == 11 then
    print(m)
  end
end
print(handled)
print(xpcall(risky, function()
  error "again"
end, 11))
print(pcall(error, setmetatable({}, { __tostring = function()
  return "custom"
end })) == false)

local function rethrow(i)
  local ok, e = pcall(risky, i)
  if not ok then
    error(e, 0)
  end
  return i
end
local n = 0
for i = 1, 3000 do
  if not pcall(rethrow, i) then
    n = n + 1
  end
end
print(n)

local state = 0
local function partial(t, i)
  state = i
  t.a = i
  t.b = nil + i
  t.c = i
end
local t = {}
for i = 1, 2000 do
  pcall(partial, t, i)
end
print(state, t.a, t.b, t.c, select(2, pcall(partial, t, 1)))

local function assert_loop(n)
  local s = 0
  for i = 1, n do
    s = s + assert(i, "never")
    local ok = pcall(assert, i % 2 == 0, i)
    s = s + (ok and 1 or 0)
  end
  return s
end
print(assert_loop(4000))
print(select("#", pcall(pcall)), pcall(pcall, error, 1))
print(pcall(next, {}, "missing"))
print(select(2, pcall(setmetatable, {})), select(2, pcall(ipairs)))
print(pcall(string.rep, "x", 1 << 40))
print(tostring(select(2, pcall(load, nil))))

local function unwind(depth)
  if depth == 0 then
    error("bottom", 0)
  end
  local r = unwind(depth - 1)
  return r
end
for _ = 1, 300 do
  pcall(unwind, 20)
end
print(pcall(unwind, 50))
