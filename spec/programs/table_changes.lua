-- tables, metatables that change, collection
local function p(...) print(...) end
-- next during modification
for r = 1, 5 do
  local t = {}
  for i = 1, 20 do t[i] = i t["k" .. i] = i end
  local n, s = 0, 0
  for k, v in pairs(t) do t[k] = nil n = n + 1 s = s + v if n == 7 then collectgarbage() end end
  p(n, s, next(t))
  for i = 1, 20 do t[i] = i end
  for k, v in next, t do t[k] = v * 2 end
  s = 0 for k, v in pairs(t) do s = s + v end p(s)
  p(pcall(function() for k in pairs(t) do t[k] = nil t[{}] = 1 t[k .. "new"] = 2 if k == 3 then return "stop" end end end) ~= nil)
  p(pcall(next, {}, "nokey"))
  p(pcall(next, {1, 2}, 3))
  p(pcall(function() local q = {a = 1} for k in next, q, "zz" do end end))
end
-- holes
local function len(n)
  local t = {}
  for i = 1, n do t[i] = i end
  t[n] = nil
  local a = #t
  t[n + 1] = 1
  local b = #t
  t[n] = 1
  local c = #t
  t[#t + 1] = "x" t[#t + 1] = "y"
  local d = #t
  t[n // 2 + 1] = nil
  return a, b, c, d, #t
end
for n = 1, 40 do p(n, (len(n))) end
for r = 1, 4 do
  local t = {n = 0, 1, 2, nil, 4} p(#t)
  t = {nil, nil, 3} p(#t) t = {nil} p(#t) t = {1, nil} p(#t) t = {table.unpack({}, 1, 5)} p(#t)
  t = {} t[1.0] = "a" t[2^53] = "b" p(t[1], t[2^53 | 0], #t) t[-1] = 1 t[0] = 1 p(#t)
  t = setmetatable({}, {__len = function() return 1.5 end}) p(#t, pcall(table.unpack, t))
  t = setmetatable({}, {__len = function() return "3" end}) p(#t, pcall(type, t))
end
-- metatable changes in a hot loop
local mtA = {__index = function(t, k) return "A" .. k end, __add = function() return 1 end, __eq = function() return true end, __lt = function() return true end, __call = function(_, x) return x end, __len = function() return 9 end, __concat = function() return "cc" end, __newindex = function(t, k, v) rawset(t, k, v .. "!") end}
local mtB = {__index = {x = "Bx"}, __add = function() return 2 end, __le = function() return false end, __unm = function() return "neg" end}
local o, o2 = {}, {}
local log = {}
local function use(i)
  local r = {}
  r[1] = tostring(o.x)
  r[2] = tostring(select(2, pcall(function() return o + 1 end)))
  r[3] = tostring(o == o2)
  r[4] = tostring(select(2, pcall(function() return o < o2 end)))
  r[5] = tostring(select(2, pcall(function() return o(i) end)))
  r[6] = tostring(#o)
  r[7] = tostring(select(2, pcall(function() return o .. "x" end)))
  o["y" .. i] = i
  r[8] = tostring(rawget(o, "y" .. i))
  r[9] = tostring(select(2, pcall(function() return -o end)))
  return table.concat(r, " ")
end
for i = 1, 200 do
  if i == 20 then setmetatable(o, mtA) setmetatable(o2, mtA)
  elseif i == 40 then setmetatable(o, mtB)
  elseif i == 60 then mtB.__index = mtA
  elseif i == 80 then mtA.x = "inA"
  elseif i == 90 then mtB.__add = nil
  elseif i == 100 then o.x = "own"
  elseif i == 110 then o.x = nil
  elseif i == 120 then mtA.x = nil setmetatable(mtA, {__index = function(_, k) return "deep" .. k end})
  elseif i == 130 then mtB.__index = nil
  elseif i == 140 then mtB.__newindex = {}
  elseif i == 150 then setmetatable(o, nil)
  elseif i == 160 then mtA.__index = mtA o = setmetatable({}, mtA)
  elseif i == 170 then mtA.__eq = nil mtA.__call = print and nil
  elseif i == 180 then mtA.__metatable = "locked" p(pcall(setmetatable, o, {}), getmetatable(o))
  elseif i == 190 then debug.setmetatable(o, {__index = _G}) end
  p((use(i):gsub("0x%x+", "PTR")))
end
-- strings' metatable
local smt = getmetatable("")
local function s(x) return x.len, ("a").foo, pcall(function() return x + 1 end) end
for i = 1, 10 do
  if i == 5 then smt.__index = function(t, k) return k .. "!" end end
  if i == 8 then smt.__index = string end
  local a, b, c, d = s(i % 2 == 0 and "x" or "5")
  p(type(a), b, c, d)
end
debug.setmetatable(1, {__index = function(n, k) return n end, __call = function(n, x) return n + x end, __len = function(n) return n * 2 end})
local function nn(x) return x.foo, x(3), #x, (5).y end
for i = 1, 10 do p(nn(i), nn(i + 0.5)) end
debug.setmetatable(1, nil)
for i = 1, 3 do p(pcall(nn, i)) end
debug.setmetatable(nil, {__index = function() return nil end})
local function chain(t) return t.a.b.c.d end
for i = 1, 5 do p(chain({}), chain({a = {b = {c = {d = i}}}})) end
debug.setmetatable(nil, nil)
p(pcall(chain, {}))
debug.setmetatable(print, {__index = {name = "fn"}, __add = function(a, b) return "fadd" end})
for i = 1, 5 do p(chain and print.name, print + 1, 1 + chain, (function() end).name) end
debug.setmetatable(print, nil)
-- gc
local count = 0
local gcmt = {__gc = function(o) count = count + 1 if o.again then o.again = false setmetatable(o, getmetatable(o)) end end}
for _, mode in ipairs{"generational", "incremental", "generational", "incremental"} do
  collectgarbage(mode)
  local weak = setmetatable({}, {__mode = "k"})
  local wv = setmetatable({}, {__mode = "v"})
  local keep = {}
  for i = 1, 2000 do
    local o = setmetatable({i, again = i % 5 == 0, name = "n" .. i}, gcmt)
    weak[o] = {o}
    wv[i] = o
    if i % 100 == 0 then keep[#keep + 1] = o collectgarbage("step") end
    local c = function() return o.name .. i end
    if i % 50 == 0 then keep[#keep + 1] = c end
    if i % 500 == 0 then collectgarbage() end
  end
  collectgarbage() collectgarbage() collectgarbage()
  local n, m = 0, 0
  for k, v in pairs(weak) do n = n + 1 end
  for k, v in pairs(wv) do m = m + 1 end
  p(mode, n, m, #keep, keep[1]())
  keep = nil n = nil
  collectgarbage() collectgarbage() collectgarbage()
  p(count, next(weak), next(wv))
end
collectgarbage("stop")
for i = 1, 5 do setmetatable({}, gcmt) end
p(collectgarbage("isrunning")) collectgarbage("restart") collectgarbage()
p(count)
-- error in gc, __close in loops
local function cl(n) return setmetatable({}, {__close = function(_, e) p("close", n, e) if n == 3 then error("c" .. n, 0) end end}) end
local function loopclose(k)
  for i = 1, 4 do
    local a <close> = cl(i)
    local b <const> = i * 2
    if i == k then return i, b end
    goto cont
    ::cont::
  end
  return "end"
end
for k = 1, 5 do p(pcall(loopclose, k)) end
for k = 1, 5 do p(pcall(loopclose, k)) end
local function itclose(s, c) c = c + 1 if c <= 3 then return c end end
local function forclose(brk) for i in itclose, nil, 0, cl("for" .. brk) do if i == brk then break end if brk == 9 then error("x9") end end end
for k = 1, 4 do p(pcall(forclose, k)) end p(pcall(forclose, 9))
-- goto continue, nested closures in loops
local fs = {}
do
  local i = 1
  ::top::
  local j = i * 2
  fs[#fs + 1] = function() j = j + 1 return i, j end
  i = i + 1
  if i <= 5 then goto top end
end
for r = 1, 3 do for _, f in ipairs(fs) do p(f()) end end
-- varargs
local function va(...) local a, b = ... local t = {...} local u = {n = select("#", ...), ...} return a, b, #t, u.n, ... end
for i = 1, 6 do p(va()) p(va(nil)) p(va(1, nil)) p(va(1, 2, 3)) p((va(1, 2))) p(select(-1, va(1, 2, 3))) p(pcall(select, -9, 1)) end
local function tailva(n, ...) if n == 0 then return ... end return tailva(n - 1, n, ...) end
for i = 1, 20, 3 do p(tailva(i)) end
p(select("#", table.unpack({}, 1, 250)), pcall(function() return select("#", table.unpack({}, 1, 1e6)) end))
