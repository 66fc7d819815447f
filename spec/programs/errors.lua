-- Messages of errors raised in hot code: names of variables, fields, constants, upvalues; positions.
local up
local function cases()
  local loc, t = nil, { f = {} }
  return {
    function() return loc.x end,
    function() return t.missing.x end,
    function() return t.f.g.h end,
    function() return up.x end,
    function() return undefined_global.x end,
    function() loc.x = 1 end,
    function() t.a.b = 1 end,
    function() return loc() end,
    function() return t.nofunc() end,
    function() return t:nomethod() end,
    function() return undefined_function() end,
    function() return t + 1 end,
    function() return 1 + t.f end,
    function() return up * 2 end,
    function() return "a" + 1 end,
    function() return "abc" | 1 end,
    function() return 1.5 | 1 end,
    function() return 2 ^ 63 & 1 end,
    function() return -t end,
    function() return ~"x" end,
    function() return #up end,
    function() return t .. "x" end,
    function() return "x" .. loc end,
    function() return 1 < "2" end,
    function() return {} < {} end,
    function() return t <= 1 end,
    function() return nil > 1 end,
    function() t[nil] = 1 end,
    function() t[0 / 0] = 1 end,
    function() return ("x"):rep(-1):bad() end,
    function() return math.floor {} end,
    function() return string.rep() end,
    function() error "plain" end,
    function() error("level 2", 2) end,
    function() error() end,
    function() error(nil) end,
    function() error { code = 1 } end,
    function() assert(false) end,
    function() assert(nil, "asserted") end,
    function() return 1 // 0 end,
    function() return 1 % 0 end,
    function() for _ = 1, 10, 0 do end end,
    function() for _ in 5 do end end,
    function() return setmetatable(1, {}) end,
    function() return ("x"):bad() end,
    function() return (1).x.y end,
  }
end

local list = cases()
for i = 1, #list do
  local f, last = list[i], nil
  for _ = 1, 60 do
    local _, message = pcall(f)
    last = message
  end
  print(i, type(last) == "table" and "table " .. last.code or last)
end

local function late(n)
  local t = {}
  for i = 1, n do
    t[i] = { value = i }
  end
  t[n - 3] = false
  local sum = 0
  for i = 1, n do
    sum = sum + t[i].value
  end
  return sum
end
print(pcall(late, 3000))

local function mixed(a)
  local r = 0
  for i = 1, #a do
    r = r + a[i]
  end
  return r
end
local a = {}
for i = 1, 3000 do
  a[i] = i
end
print(mixed(a))
a[2990] = "10"
print(mixed(a))
a[2995] = "ten"
print(pcall(mixed, a))
a[2995] = nil
print(pcall(mixed, a))
