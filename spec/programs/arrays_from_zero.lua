-- Tables with an element 0, which is in the hash part: what is first seen of an access is not what comes next.

local function steps(n)
  local t = {}
  for i = 0, n do t[i] = i end
  local s = 0
  for i = 1, n do
    t[i - 1] = t[i - 1] + t[i]
    s = s + t[i - 1] * (t[i + 1] or 1)
  end
  return s
end
print(steps(5), steps(400), steps(3000))

local function lcs(a, b)
  local t = {}
  for i = 0, #a do
    t[i] = {}
    for j = 0, #b do t[i][j] = 0 end
  end
  for i = 1, #a do
    for j = 1, #b do
      if a:byte(i) == b:byte(j) then t[i][j] = t[i - 1][j - 1] + 1
      else t[i][j] = math.max(t[i - 1][j], t[i][j - 1]) end
    end
  end
  return t[#a][#b]
end
local a, b = ("abcbdab"):rep(20), ("bdcaba"):rep(25)
for _ = 1, 3 do print(lcs(a, b)) end

-- Keys that are far apart, in the hash part for ever; some are absent.
local function sparse(n)
  local t, s = {}, 0
  for i = 1, n do t[i * 1000] = i end
  for i = 0, n do
    s = s + (t[i * 1000] or 0.5)
    t[i * 1000] = nil
    s = s + (t[i * 1000] or 0)
  end
  return s, next(t)
end
print(sparse(10)) print(sparse(2000))

-- A metatable comes later: element 0 is asked of it.
local function sum(t, from, to)
  local s = 0
  for i = from, to do
    s = s + t[i]
    t[i - 1] = s
  end
  return s
end
local plain = {}
for i = -1, 200 do plain[i] = i end
for _ = 1, 40 do sum(plain, 0, 0) end
print(sum(plain, 0, 150))
local log = {}
local watched = setmetatable({ 1, 2, 3 }, {
  __index = function(_, k) log[#log + 1] = "get " .. k return 7 end,
  __newindex = function(t, k, v) log[#log + 1] = "set " .. k rawset(t, k, v) end,
})
print(sum(watched, 0, 5), table.concat(log, " "))
print(pcall(sum, {}, 0, 3))
print(pcall(sum, { [0] = {} }, 0, 3))

-- Objects in arrays, in old tables: the collector is told.
local function shuffle(t, n)
  for i = 1, n do
    local j = i * 7919 % #t + 1
    t[i % #t + 1], t[j] = t[j], { t[i % #t + 1][1] }
    if i % 500 == 0 then collectgarbage "step" end
  end
  local s = 0
  for i = 1, #t do s = s + t[i][1] end
  return s
end
for _, mode in ipairs { "incremental", "generational" } do
  collectgarbage(mode)
  local t = {}
  for i = 1, 300 do t[i] = { i } end
  collectgarbage()
  print(shuffle(t, 20000))
end

-- Strings sorted in place.
local words = {}
for i = 1, 500 do words[i] = ("w%d"):format(i * 7919 % 1000) end
local function sort(t)
  for i = 2, #t do
    local v, j = t[i], i - 1
    while j > 0 and v < t[j] do
      t[j + 1] = t[j]
      j = j - 1
    end
    t[j + 1] = v
  end
end
sort(words)
print(words[1], words[250], words[500])
