-- Functions of the standard library that native code does not call: all kinds of arguments and numbers of results.
local function try(f, ...)
  local ok, m = pcall(f, ...)
  return ok and "ok" or tostring(m):gsub("^[^:]*:%d+: ", "")
end
local out = {}
local function note(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = tostring(t[i]) end
  out[#out + 1] = table.concat(t, ",", 1, t.n)
end
local function flush() print(#out, table.concat(out, " ")) out = {} end

local s, long = "hello", ("0123456789"):rep(10)
local function subs(str, n)
  local r
  for _ = 1, n do
    r = {}
    for i = -7, 7 do
      r[#r + 1] = str:sub(i)
      for j = -7, 7, 2 do r[#r + 1] = str:sub(i, j) .. "|" .. string.sub(str, i, j) end
    end
    r[#r + 1] = str:sub(math.mininteger) .. str:sub(math.mininteger, math.maxinteger) .. str:sub(1, math.mininteger) .. "."
    r[#r + 1] = str:sub(math.maxinteger) .. str:sub("2", 3.0)
  end
  return table.concat(r, " ")
end
print(subs(s, 40))
print(#subs(long, 20), #subs("", 20))
local function substring(x, i, j) for _ = 1, 200 do local r = string.sub(x, i, j) if _ == 200 then return r end end end
note(substring(12345, 2, 3), substring(s, 2), substring(s, 2.0, "4"), try(substring, s, 1.5), try(substring, {}, 1))
note(try(substring, s), try(substring), try(substring, s, 1, {}))
flush()

local function selects(n, ...)
  local a, b, c, d, k
  for _ = 1, n do
    a = select("#", ...)
    b, c = select(2, ...)
    d = (select(1, ...))
    k = #{ select(3, ...) }
    note(select(a + 5, ...))
  end
  out = {}
  note(a, b, c, d, k)
  note(select(-1, ...))
  note(select("#x", ...))
  note(select(2, ...))
end
for _, n in ipairs { 1, 300 } do
  selects(n, 1, nil, "x", nil)
  selects(n, "only")
end
flush()
local function bad_select(x, ...) for i = 1, 200 do local r = select(i < 200 and 1 or x, ...) end end
note(try(bad_select, 0, 1), try(bad_select, -5, 1), try(bad_select, "x", 1), try(bad_select, 1.5, 1), try(bad_select, nil))
note(try(bad_select, "1", 1), try(bad_select, 1.0, 2))
flush()

local function types(...)
  local n, r = select("#", ...), nil
  for _ = 1, 300 do
    r = ""
    for i = 1, n do r = r .. type((select(i, ...))) .. " " end
  end
  return r
end
print(types(1, 1.5, "s", nil, true, {}, print, types, io.stdout, coroutine.create(print)))
local function no_type(n) for i = 1, n do local x = i < n and type(i) or type() end end
print(try(no_type, 300))

local function inserts(t, n) for i = 1, n do table.insert(t, i) end return #t end
print(inserts({}, 1000), inserts({ 5, 6 }, 100), try(inserts, setmetatable({}, { __newindex = function() error("no", 0) end }), 200))
local log = {}
local proxy = setmetatable({}, { __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end })
print(inserts(proxy, 300), #log)
local counted = setmetatable({}, { __len = function() return 7 end })
print(inserts(counted, 200), counted[8], counted[1])
local function inserts_at(t, n) for i = 1, n do table.insert(t, 1, i) end return t[1], t[#t], #t end
print(inserts_at({}, 200))
local function insert_bad(n, x) for i = 1, n do if i == n then table.insert(x) else table.insert({}, i) end end end
print(try(insert_bad, 200, {}), try(insert_bad, 200, nil))
local function insert_what(n, x) for i = 1, n do table.insert(i == n and x or {}, i) end end
print(try(insert_what, 200, 5), try(insert_what, 200, nil))
local function results(n) local a, b for _ = 1, n do a, b = 5, (function(...) return select("#", ...) end)(table.insert({}, 1)) end return a, b end
print(results(200))

local function unpacks(t, n)
  local a, b, c, k
  for _ = 1, n do
    a, b, c = table.unpack(t)
    k = select("#", table.unpack(t))
  end
  return a, b, c, k
end
print(unpacks({ 1, 2, 3, 4 }, 300))
print(unpacks({}, 300))
print(unpacks({ 1, nil, 3 }, 300))
print(unpacks(setmetatable({}, { __index = function(_, i) return i * 2 end, __len = function() return 3 end }), 300))
local big = {} for i = 1, 200 do big[i] = i end
print(unpacks(big, 200))
local function spread(t, n) local s = 0 for _ = 1, n do s = s + math.max(table.unpack(t)) end return s end
print(spread({ 4, 9, 2 }, 300), spread(big, 300))
local function unpack_range(t, n) local s = 0 for _ = 1, n do local a, b = table.unpack(t, 2, 3) s = s + a + b end return s end
print(unpack_range({ 1, 2, 3 }, 300))

local function chars(n) local r for i = 1, n do r = string.char(i % 256) .. string.char(65, 66) .. string.char() end return r end
print(chars(300):byte(1, -1))
local function bad_char(n) for i = 1, n do local c = string.char(i < n and 65 or 256) end end
print(try(bad_char, 200))

-- with hooks, and collections inside
local calls = 0
local function hooked(n)
  local r = 0
  for i = 1, n do
    if i == n // 2 then debug.sethook(function() calls = calls + 1 end, "c") end
    r = r + #s:sub(2, 3) + select("#", i, i) + #type(i)
  end
  debug.sethook()
  return r
end
print(hooked(400), calls)
local function garbage(n)
  local kept = {}
  for i = 1, n do
    local x = long:sub(i % 50 + 1, i % 50 + 45) .. i
    kept[i % 100 + 1] = x:sub(1, -2)
    if i % 500 == 0 then collectgarbage() end
  end
  return #table.concat(kept)
end
print(garbage(5000))
local function replaced(n)
  local t = {}
  for i = 1, n do
    if i == n // 2 then string.sub = function() return "other" end end
    t[i] = s:sub(1, 1)
  end
  return table.concat(t, "")
end
local original = string.sub
print(#replaced(300))
string.sub = original
