-- Tail calls among functions that native code calls directly: the callee takes over a frame that may be incomplete.
local function loops(f, n, ...)
  local s = 0
  for i = 1, n do s = s + f(i, ...) end
  return s
end

-- function(params) return f(arguments) end, with more registers than are inlined
local function tail_caller(f, params, arguments, before)
  local names = {}
  for i = 1, 150 do names[i] = "a" .. i end
  local text = "local f = ... return function(%s) %s if f == nil then local %s = f return a1, a150 end return f(%s) end"
  return load(text:format(params, before or "", table.concat(names, ", "), arguments), "=tail")(f)
end

-- even and odd, by values and by upvalues; to a depth that no stack has
local even, odd
function even(n) if n == 0 then return 1 end return odd(n - 1) end
function odd(n) if n == 0 then return 0 end return even(n - 1) end
local function parity(n) local p = even(n % 7) return p end
print(loops(parity, 3000))
local function deep(n) local p = even(n) return p end
print(deep(1000000), deep(1000001))

-- more parameters than the caller has registers, fewer arguments, floats, nil
local function wide(a, b, c, d, e, f, g, h)
  local x, y, z = a or 0, b or 0, c or 0
  return x + y + z + (d or 1) + (e or 2) + (f or 3) + (g or 4) + (h or 5)
end
local narrow = tail_caller(wide, "a", "a, a")
local float = tail_caller(wide, "a", "a + 0.5, 1, nil, 2")
local function many(a) return narrow(a) + float(a) end
print(loops(many, 3000))

-- the callee leaves native code: at another type, in the middle of what it does, with a loop after it
local function last(t, k)
  local v, n = t[k], 0
  for i = 1, 3 do n = n + i end
  return v * 2 + n
end
local before_last = tail_caller(last, "t, k", "t, k")
local function get(t, k) local v = before_last(t, k) return v end
local list = { 1, 2, 3 }
print(loops(function(i) return get(list, i % 3 + 1) end, 3000))
print(get({ 1.5 }, 1), get({ "7" }, 1), pcall(get, {}, 1))
for i = 1, 40 do if get(i % 2 == 0 and { i } or { i + 0.5 }, 1) < 0 then print "?" end end
print(get(setmetatable({}, { __index = function(_, k) return k * 10 end }), 4))

-- what looks at the frames: errors, tracebacks, levels
local function fails(n) if n > 2990 then error("too many: " .. n) end return n end
local indirect = tail_caller(fails, "n", "n")
local function call(n) local r = indirect(n) return r end
print(pcall(loops, call, 3000))
local function where(n)
  if n % 1000 == 0 then
    local info = debug.getinfo(1, "Slt")
    print(info.istailcall, info.currentline, info.short_src:match "[^/]*$", (debug.traceback("at", 1):gsub("\n%s*%[C%].*", "")))
    local up = debug.getinfo(2, "Slt")
    print(up.currentline, up.istailcall)
  end
  return n
end
local to_where = tail_caller(where, "n", "n")
local function from(n) local r = to_where(n) return r end
print(loops(from, 3000))

-- a frame that is complete when it is taken over, by a function with more registers, and collections there
local function large(n)
  local a, b, c, d, e, f, g, h = { n }, { n }, { n }, { n }, { n }, { n }, { n }, { n }
  local i, j, k, l, m, o, p, q = { a }, { b }, { c }, { d }, { e }, { f }, { g }, { h }
  for x = 1, 5 do n = n + #{ x, x, {} } end
  return n + i[1][1] + j[1][1] + k[1][1] + l[1][1] + m[1][1] + o[1][1] + p[1][1] + q[1][1] + #a + #q
end
local kept_upvalue
local function small(n)
  local t = { n }
  kept_upvalue = function() return t end
  return large(n)
end
local function to_small(n) local r = small(n) return r end
collectgarbage("incremental", 1, 1000)
print(loops(to_small, 3000), kept_upvalue()[1])
collectgarbage("incremental", 200, 100)

-- called by a helper, not known to the caller
local ways = { before_last, tail_caller(last, "t, k", "t, k"), function(t, k) return t[k] end }
local function some_way(i) local r = ways[i % 3 + 1](list, 1) return r end
print(loops(some_way, 3000))
local changing = { 1 }
local function some_type(i)
  changing[1] = i % 10 == 0 and i + 0.5 or i
  local r = ways[i % 3 + 1](changing, 1)
  return r
end
print(loops(some_type, 3000))

-- the collector runs, and moves nothing that it should not
local function fresh(n) local t = { n, n + 1 } return t[1] + t[2] end
local to_fresh = tail_caller(fresh, "n", "n", "local t = {}")
local function use(n) local r = to_fresh(n) if n % 500 == 0 then collectgarbage() end return r end
print(loops(use, 3000))

-- captured parameters are closed before the frame is taken over
local kept = {}
local function keep(f, n) if n % 700 == 0 then kept[#kept + 1] = f end return n end
local function capture(n) local x = n * 2 return keep(function() x = x + 1 return x end, n) end
local function captured(n) local r = capture(n) return r end
print(loops(captured, 3000), #kept, kept[1](), kept[1](), kept[4]())

-- yields across, from the callee
local function pause(n) if n % 100 == 0 then coroutine.yield(n) end return n end
local to_pause = tail_caller(pause, "n", "n", "local t = {}")
local function paused(n) local r = to_pause(n) return r end
local co = coroutine.wrap(function() return "sum", loops(paused, 1000) end)
repeat local a, b = co() io.write(tostring(a), b and " " .. b or "", " ") until a == "sum"
print()

-- open results, methods, another callee than before
local function three(n) return n, n + 1, n + 2 end
local all = tail_caller(three, "n", "n")
local function count(n) return select("#", all(n)) + (all(n)) end
print(loops(count, 2000))
local Class = {}
Class.__index = Class
local function new(x, y) return setmetatable({ x = x, y = y }, Class) end
function Class.__add(a, b) return new(a.x + b.x, a.y + b.y) end
function Class:add(o) return new(self.x + o.x, self.y + o.y) end
local function sum(n) local v = new(n, 1):add(new(1, n)) + new(2, 3) return v.x * v.y end
print(loops(sum, 3000))
local target = function(n) return n end
local dispatch = tail_caller(function(n) return target(n) end, "n", "n")
local function through(n) local r = dispatch(n) return r end
print(loops(through, 2000))
target = function(n) return n * 2 end
print(loops(through, 2000))
target = math.abs
print(loops(through, 2000))
target = setmetatable({}, { __call = function(_, n) return n + 1 end })
print(loops(through, 2000))

-- hooks that are set and taken off in the callee
local lines = 0
local function hooked(n)
  if n == 1500 then debug.sethook(function() lines = lines + 1 end, "l") end
  if n == 1510 then debug.sethook() end
  return n
end
local to_hooked = tail_caller(hooked, "n", "n")
local function hooks(n) local r = to_hooked(n) return r end
print(loops(hooks, 3000), lines)
