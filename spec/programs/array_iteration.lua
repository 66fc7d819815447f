-- Appends, lengths, reads past the end, ipairs, pairs and next: natively, and where what they assume fails.
local function append(n)
  local t = {}
  for i = 1, n do
    t[#t + 1] = i * 2
  end
  return t
end

local function grow(n)
  local t = {}
  for i = 1, n do
    t[i] = i % 3 == 0
  end
  return t
end

local function pop(t)
  local n = 0
  while #t > 0 do
    t[#t] = nil
    n = n + 1
  end
  return n
end

local function count_nils(t, from, to)
  local n = 0
  for i = from, to do
    if t[i] == nil then
      n = n + 1
    end
  end
  return n
end

for round = 1, 60 do
  local t = append(100 + round)
  assert(#t == 100 + round and t[100] == 200)
  assert(count_nils(t, -20, 220) == 241 - #t)
  assert(#grow(round) == round)
  assert(pop(t) == 100 + round and next(t) == nil)
end

-- holes, keys in the hash part, metatables that come late
local sparse = { [1] = 1, [2] = 2, [1000] = 3, [-5] = 4 }
print(count_nils(sparse, -10, 1010))
local reads = 0
print(count_nils(setmetatable({ 1 }, { __index = function(_, k) reads = reads + 1 return k % 2 == 0 and k or nil end }), 1, 50), reads)

local function length(t)
  local n
  for _ = 1, 50 do
    n = #t
  end
  return n
end
print(length({ 1, 2, 3 }), length({}), length({ n = 1 }), length("four"))
print(length(setmetatable({}, { __len = function() return "len" end })))
print(pcall(length, nil))
print(select(2, pcall(length, 12)))

local function store(t, n)
  for i = 1, n do
    t[i] = i
  end
  return t
end
for _ = 1, 30 do
  store({}, 40)
end
local log = {}
store(setmetatable({}, { __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end }), 20)
print(#log)

local function sum_i(t)
  local sum, last = 0, nil
  for i, v in ipairs(t) do
    sum, last = sum + i * v, i
  end
  return sum, last
end
for n = 0, 60 do
  local t = {}
  for i = 1, n do
    t[i] = i
  end
  assert(sum_i(t) == n * (n + 1) * (2 * n + 1) // 6)
end
print(sum_i({ 1, 2, nil, 4 }), sum_i({ 1.5, 2.5 }))
print(sum_i(setmetatable({ 1, 2 }, { __index = function(_, k) return k < 6 and k or nil end })))
print(sum_i({ [1] = 1, [2] = 2, [3] = 3, x = 1 }))
print(pcall(sum_i, { 1, "x" }))
print(pcall(sum_i, { 1, {} }))

-- the loop changes what it walks
local function double(t)
  local n = 0
  for i, v in ipairs(t) do
    n = n + v
    if i < 30 then
      t[i + 1] = (t[i + 1] or 0) + 1
    end
  end
  return n, #t
end
for _ = 1, 40 do
  double({ 1, 2, 3 })
end
print(double({ 1 }))

local function keys(t)
  local n, list = 0, {}
  for k, v in pairs(t) do
    n = n + 1
    list[n] = tostring(k) .. "=" .. tostring(v)
  end
  table.sort(list)
  return n, table.concat(list, " ")
end
local object = {}
local mixed = { 1, 2, 3, a = 4, b = 5, [true] = 6, [false] = 7, [1.5] = 8, [-1] = 9, [100] = 10, [2 ^ 53] = 11, [print] = 12 }
for _ = 1, 60 do
  keys({ 1, 2, x = 3 })
end
print(keys({}))
print((select(2, keys(mixed)):gsub("builtin[^=]*", "f"):gsub("function[^=]*", "f")))
print(keys({ nil, nil, 3 }))
print((keys({ [object] = 1, [keys] = 2, [coroutine.create(print)] = 3, [io.stdout] = 4 })))
print(keys({ [("long"):rep(20)] = 1 }))
print(keys(setmetatable({ 1 }, { __pairs = function(t) return function(_, k) if not k then return "k", "v" end end, t end })))
print(pcall(keys, 12))

local function clear(t)
  local n = 0
  for k in pairs(t) do
    t[k] = nil
    n = n + 1
    if n % 7 == 0 then
      collectgarbage()
    end
  end
  return n, next(t)
end
for n = 1, 40 do
  local t = {}
  for i = 1, n do
    t[i], t["k" .. i], t[-i] = i, i, i
  end
  assert(clear(t) == 3 * n)
end
print(clear({ 1, a = 2, b = {} }))

local function walk(t, f)
  local n = 0
  for k, v, extra in f, t do
    n = n + (v or 0)
    assert(extra == nil and k)
  end
  return n
end
for _ = 1, 50 do
  walk({ 1, 2, a = 3 }, next)
end
print(walk({ 1, 2, a = 3 }, next), walk({ 5 }, function(t, k) if not k then return 1, t[1] end end))
print(pcall(function()
  local t, n = { a = 1, b = 2 }, 0
  for k in next, t, "none" do
    n = n + 1
  end
end))

-- more than one variable's closure
local fs = {}
for i, v in ipairs({ 10, 20, 30 }) do
  fs[#fs + 1] = function() v = v + i return v end
end
print(fs[1](), fs[1](), fs[2](), fs[3]())

local function bytes(s, from, to)
  local sum = 0
  for i = from, to do
    sum = sum + (s:byte(i) or 1000)
  end
  return sum
end
local byte = string.byte
local function bytes2(s, from, to)
  local sum = 0
  for i = from, to do
    sum = sum * 31 + byte(s, i)
  end
  return sum
end
for _ = 1, 60 do
  bytes("hello, world", 1, 12)
  bytes2("hello, \255orld", 1, 12)
end
print(bytes("abc", 1, 3), bytes("abc", -3, 5), bytes(("x"):rep(100), 1, 100), bytes("", 0, 1))
print(bytes2("abc", 1, 3), bytes2("a\0\255", 1, 3), bytes2("abc", -3, -1), bytes2(12345, 1, 5))
print(pcall(bytes2, "abc", 1, 4))
print(pcall(bytes2, nil, 1, 4))
