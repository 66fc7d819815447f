-- Library functions with several results, known at first, then not: ipairs, pairs, assert.
local function sum(t)
  local s = 0
  for _, v in ipairs(t) do s = s + v end
  for k, v in pairs(t) do s = s + v + (k == "x" and 1 or 0) end
  return s
end

local plain = { 1, 2, 3, x = 4 }
local total = 0
for _ = 1, 3000 do total = total + sum(plain) end
print(total)

-- __index and __pairs decide now
local odd = setmetatable({ 1, 2 }, {
  __index = function(_, i) if i < 5 then return i * 100 end end,
  __pairs = function(t)
    return function(_, k) if k == nil then return 1, 1000 end end, t, nil
  end,
})
for _ = 1, 300 do total = total + sum(odd) end
print(total)
for _, wrong in ipairs { false, 7, "text" } do
  print(pcall(sum, wrong))
end
print(pcall(sum), pcall(sum, nil))
print(sum(setmetatable({}, { __pairs = function() return next, { 5 }, nil end })))

-- all values, fewer, more
local function three(t)
  local f, s, c = ipairs(t)
  local g = pairs(t)
  local _, u, d, none = pairs(t)
  return f(s, c) == 1 and g == next and u == t and d == nil and none == nil and c == 0
end
for _ = 1, 2000 do assert(three(plain)) end
print(three(plain), select("#", ipairs(plain)), select("#", pairs(plain)))

-- assert: what it gives, and when it fails
local function check(v, ...)
  assert(v)
  local a, b, c = assert(v, "message", 3)
  local d = assert(v) + (assert(1, 2))
  assert(v, ...)
  return a, b, c, d
end
for i = 1, 3000 do
  local a, b, c, d = check(i)
  assert(a == i and b == "message" and c == 3 and d == i + 1)
end
print(check(5, 6, 7))
local function guarded(v, message) return assert(v, message) end
for _ = 1, 2000 do guarded(1) end
for i = 1, 50 do
  for _, v in ipairs { false, 1 } do
    local ok, message = pcall(check, v)
    if i % 25 == 1 then print(ok, message) end
  end
end
local object = setmetatable({}, { __tostring = function() return "an object" end })
print(pcall(guarded, false, "text"), pcall(guarded, nil, object), pcall(guarded, false))
print(pcall(guarded, nil, nil))
print(pcall(function() for _ = 1, 2000 do assert() end end))

-- replaced
local keep = { ipairs, pairs, assert }
local function walk(t)
  local s = 0
  for i, v in ipairs(t) do s = s + i * v end
  for _, v in pairs(t) do s = s + v end
  return assert(s)
end
for _ = 1, 2000 do walk(plain) end
ipairs = function(t) return function(_, i) if i < 2 then return i + 1, 10 end end, t, 0 end
print(walk(plain))
pairs = function(t) return function(_, k) if k == nil then return "k", 20 end end, t, nil end
print(walk(plain))
assert = function(v) return v * 2 end
print(walk(plain))
ipairs, pairs, assert = table.unpack(keep)
print(walk(plain))
