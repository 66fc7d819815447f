-- Hooks set in the middle, tracebacks and the debug library on hot frames.
local function p(...) print(...) end
local function tb(m) return (debug.traceback(m, 2):gsub("0x%x+", "P")) end
local function leaf(n) return n + 1 end
local function mid(n) local a = leaf(n) local b = leaf(a) return a + b end
local function top(n) local s = 0 for i = 1, n do s = s + mid(i) end return s end
for i = 1, 30 do top(i) end
-- traceback from deep within inlined
local trace
local function maybe(i) if i == trace then p(tb("at " .. i)) end return i end
local function m1(i) return maybe(i) end
local function m2(i) local x = maybe(i) return x end
local function m3(i) local x = m2(i) + m1(i) return x, maybe(i) end
local obj = {} obj.__index = obj
function obj:method(i) return self.v + m2(i) end
function obj.static(i) return (m3(i)) end
local function m4(n) local o = setmetatable({v = 1}, obj) local s = 0 for i = 1, n do s = s + o:method(i) + obj.static(i) end return s end
for i = 1, 10 do m4(20) end
trace = 10 m4(12) trace = 11 m4(12)
local mt = setmetatable({}, {__index = function(t, k) if k == trace then p(tb("index")) end return k end, __add = function(a, b) if b == trace then p(tb("add")) end return b end,
  __concat = function(a, b) if b == trace then p(tb("concat")) end return "s" end, __lt = function(a, b) if b == trace then p(tb("lt")) end return true end, __call = function(_, x) if x == trace then p(tb("call")) end return x end,
  __eq = function(a, b) p(tb("eq")) return true end, __len = function() if trace == 77 then p(tb("len")) end return 1 end, __close = function() if trace == 77 then p(tb("close")) end end})
trace = nil
local function metas(i) local s = mt[i] + (mt + i) s = s .. "x" local c = mt .. i local b = mt < i local q = mt(i) local z = #mt do local w <close> = mt end return s, c, b, q, z end
for i = 1, 20 do metas(i) end
trace = 77 p(metas(77)) trace = nil
-- iterators
local function iter(s, i) if i == trace then p(tb("iter")) end if i < s then return i + 1 end end
local function useiter(n) local c = 0 for i in iter, n, 0 do c = c + i end return c end
for i = 1, 20 do useiter(i) end
trace = 5 p(useiter(8)) trace = nil
-- tail calls
local function t3(i) if i == trace then p(tb("tail")) end return i end
local function t2(i) return t3(i) end
local function t1(i) return t2(i) end
for i = 1, 20 do t1(i) end trace = 3 t1(3) trace = nil
-- sort, gsub, pcall frames
local function cmp(a, b) if a == trace then p(tb("cmp")) trace = nil end return a < b end
local function srt() local t = {5, 2, 8, 1} table.sort(t, cmp) return t[1] end
for i = 1, 10 do srt() end trace = 8 srt() trace = nil
local function gs(s) return (s:gsub("%w", function(c) if c == trace then p(tb("gsub")) end return c .. c end)) end
for i = 1, 10 do gs("abc") end trace = "b" gs("abc") trace = nil
-- hooks set in the middle of a hot loop and removed
local events = {}
local function hk(e, l) local i = debug.getinfo(2, "nSl") events[#events + 1] = e .. ":" .. tostring(l or i.currentline) .. ":" .. tostring(i.name) .. ":" .. i.namewhat end
local function hooked(n, on, mask, count)
  local s = 0
  for i = 1, n do
    if i == on then debug.sethook(hk, mask, count) end
    s = s + leaf(i)
    if i == on + 2 then debug.sethook() end
  end
  return s
end
for i = 1, 20 do hooked(20, 100, "") end
for _, m in ipairs{"c", "r", "l", "cr", "crl"} do
  for r = 1, 3 do
    events = {}
    p(m, hooked(10, 4, m))
    p(table.concat(events, " "))
  end
end
for c = 1, 7 do events = {} hooked(10, 4, "", c) p(c, #events, table.concat(events, " ")) end
-- a hook that raises, a hook that yields no (Lua hooks cannot yield), a hook in a coroutine
local function herr() debug.sethook() error("hook!", 0) end
for i = 1, 5 do p(pcall(function() debug.sethook(herr, "", 1) local x = 0 while true do x = x + 1 end end)) debug.sethook() end
for i = 1, 5 do p(pcall(function() debug.sethook(function() debug.sethook() error("timeout") end, "", 100) for j = 1, 1e9 do local q = j end end)) debug.sethook() end
local co = coroutine.create(function() local s = 0 for i = 1, 100 do s = s + mid(i) if i % 10 == 0 then coroutine.yield(i, s) end end return s end)
for i = 1, 4 do coroutine.resume(co) end
events = {}
debug.sethook(co, hk, "cl")
coroutine.resume(co)
debug.sethook(co)
p(#events, events[1], events[#events], coroutine.resume(co))
p((debug.traceback(co):gsub("0x%x+", "P")))
for n = 1, 8 do p(debug.getlocal(co, 1, n)) end
p(debug.setlocal(co, 1, 1, 100000), coroutine.resume(co))
-- setlocal on callers
local function setter(level, name, v) local n = 1 while true do local k = debug.getlocal(level, n) if not k then return false end if k == name then debug.setlocal(level, n, v) return true end n = n + 1 end end
local function changed(n) local s, step = 0, 1 for i = 1, n do if i == trace then setter(3, "step", 100) setter(3, "s", "1000") end s = s + step end return s end
for i = 1, 20 do changed(10) end trace = 5 p(pcall(changed, 10)) p(changed(10)) trace = nil p(changed(10))
local function inl(i) if i == trace then setter(4, "acc", 7.5) end return i end
local function outer2(n) local acc = 0 for i = 1, n do acc = acc + inl(i) end return acc end
for i = 1, 20 do outer2(10) end trace = 6 p(outer2(10)) trace = nil
-- upvalues changed from outside
local up = 1
local function useup(n) local s = 0 for i = 1, n do s = s + up if i == trace then local k = 1 while debug.getupvalue(debug.getinfo(1, "f").func, k) ~= "up" do k = k + 1 end debug.setupvalue(debug.getinfo(1, "f").func, k, 10) end end return s end
for i = 1, 20 do useup(10) end trace = 5 p(useup(10), up) trace = nil
-- getinfo
local function info(l) local i = debug.getinfo(l, "nSlutrf") return i.name, i.namewhat, i.currentline, i.istailcall, i.nups, i.nparams, i.isvararg, i.short_src, i.linedefined, i.lastlinedefined, i.what, i.ntransfer end
local function gi(x) return info(2) end
local function gi2(x) local a, b, c, d = info(2) return a, b, c, d end
for i = 1, 10 do p(gi(1)) p(gi2(1)) p(info(1)) p(pcall(info, 2)) end
local lines = debug.getinfo(top, "L").activelines local ks = {} for k in pairs(lines) do ks[#ks + 1] = k end table.sort(ks) p(table.concat(ks, ","))
p(debug.getinfo(200) , pcall(debug.getinfo, 1, ">"))
-- errors in nested levels with level 2, error with tables, rethrow
local function thrower(l) error("boom", l) end
local function callthrower(l) thrower(l) return 1 end
local function callcall(l) local x = callthrower(l) return x end
for i = 1, 10 do for l = 0, 4 do p(pcall(callcall, l)) end end
local function protected(i) local ok, e = pcall(function() if i % 3 == 0 then error({code = i}) end return i end) return ok and e or e.code * 100 end
local s = 0 for i = 1, 60 do s = s + protected(i) end p(s)
p(select("#", xpcall(error, function(m) return m, 1, 2 end, "x")))
p(xpcall(function() local x = nil + 1 end, function(m) return m .. " | " .. tb("h") end))
p(xpcall(function() error(setmetatable({}, {__tostring = function() return "obj" end})) end, tostring))
for i = 1, 5 do p(xpcall(function() error("a") end, function(m) error("b") end)) end
