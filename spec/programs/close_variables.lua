-- To-be-closed variables: order, errors, break, return, goto, coroutines.
local log = {}
local function closer(name)
  return setmetatable({}, { __close = function(_, err)
    log[#log + 1] = name .. (err and "!" or "")
  end })
end
local function count(pattern)
  local n = 0
  for _, entry in ipairs(log) do
    if entry:find(pattern) then
      n = n + 1
    end
  end
  return n
end

local function scoped(i)
  local a <close> = closer "a"
  local b <close> = closer "b"
  if i % 3 == 0 then
    return i, "early"
  elseif i % 5 == 0 then
    error("five", 0)
  end
  do
    local c <close> = closer "c"
  end
  return i
end
local ok, failed = 0, 0
for i = 1, 3000 do
  if pcall(scoped, i) then
    ok = ok + 1
  else
    failed = failed + 1
  end
end
print(ok, failed, #log, count "^a$", count "^a!$", count "^b!$", count "^c$")
print(table.concat(log, " ", 1, 20))

log = {}
for i = 1, 2000 do
  local x <close> = closer "x"
  if i % 2 == 0 then
    goto continue
  end
  if i == 1999 then
    break
  end
  ::continue::
end
print(#log)

local function iterate(n)
  local function step(_, i)
    if i < n then
      return i + 1
    end
  end
  return step, nil, 0, closer "iterator"
end
log = {}
local sum = 0
for i in iterate(3000) do
  sum = sum + i
end
for i in iterate(3000) do
  if i == 100 then
    break
  end
end
print(sum, table.concat(log, " "))

log = {}
local co = coroutine.wrap(function()
  for i = 1, 1000 do
    local y <close> = closer "y"
    coroutine.yield(i)
  end
  return "end"
end)
local v
repeat
  v = co()
until v == "end"
print(#log)
local half = coroutine.create(function()
  local z <close> = closer "z"
  coroutine.yield()
end)
coroutine.resume(half)
print(coroutine.close(half), log[#log], coroutine.status(half))

print(pcall(function()
  local bad <close> = 42
end))
local function chained()
  local first <close> = setmetatable({}, { __close = function(_, e)
    error("first after " .. tostring(e), 0)
  end })
  local second <close> = setmetatable({}, { __close = function(_, e)
    error("second after " .. tostring(e), 0)
  end })
  error("body", 0)
end
local message
for _ = 1, 1000 do
  _, message = pcall(chained)
end
print(message)
local none <close> = nil
local const <const> = 5
local k = 0
for i = 1, 2000 do
  k = k + const * i
end
print(k, none)
