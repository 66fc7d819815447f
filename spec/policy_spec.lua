-- policy_spec.lua: what is compiled when, and what is given up.
-- SPDX-License-Identifier: MIT
--
-- Code is compiled in the foreground, so that what has happened after so many executions does not depend on time.

local child = dofile "spec/child.lua"

local FOREGROUND = "warm_threshold=100,hot_threshold=1000,enable_background_optimization=false,"

local function prints(expected, code, options)
  local script, env = 'local zyjit = require "zyjit"\n' .. code, { ZYJIT_OPTIONS = FOREGROUND .. options }
  local out, err, status = child.run(script, env)
  assert.are.equal("", err)
  assert.are.equal(expected, out)
  assert.are.equal(0, status)
end

describe("a function gets hot", function()
  if not child.has "llvm" then return end

  local SUM = [[
    local function sum(n, step)
      local s = 0
      for i = 1, n do s = s + step end
      return s
    end]]

  it("by its calls", function()
    prints("interpreter\toptimized\n", [[
      local function add(a, b) return a + b end
      for i = 1, 900 do add(i, 1) end
      local before = zyjit.tier(add)
      for i = 1, 300 do add(i, 1) end
      print(before, zyjit.tier(add))]], "tiers=2")
  end)

  it("by the iterations of its loops, as a whole", function()
    prints("interpreter\toptimized\n", SUM .. [[
      for i = 1, 80 do sum(10, i) end
      local before = zyjit.tier(sum)
      for i = 1, 80 do sum(10, i) end
      print(before, zyjit.tier(sum))]], "tiers=2")
  end)

  it("by the iterations of its loops, in code of a lower tier, too", function()
    if not child.has "gccjit" then return end
    prints("standard\toptimized\n", SUM .. [[
      for i = 1, 80 do sum(10, i) end
      local before = zyjit.tier(sum)
      for i = 1, 80 do sum(10, i) end
      print(before, zyjit.tier(sum))]], "tiers=1+2")
  end)

  it("by its rounds, though another loop is the last thing in each and runs in native code", function()
    prints("2\n", [[
      local function sums(n, m)
        local s = 0
        for i = 1, n do
          for j = 1, m do
            s = s + i * j
          end
        end
        return s
      end
      sums(200, 200)
      local loops = 0
      for _ in zyjit.explain(sums):gmatch "from the loop at line %d+: optimized" do loops = loops + 1 end
      print(loops)]], "tiers=2")
  end)

  it("in a loop of a function that runs, when what is behind a long generic loop in it has been seen", function()
    prints("true\ttrue\n", [[
      local t, a, s = {}, {}, 0
      for i = 1, 500 do t["k" .. i], a[i] = i, i end
      for r = 1, 1500 do
        for _, v in pairs(t) do s = s + v end
        for _, v in ipairs(a) do s = s + v end
      end
      local text = zyjit.dump(debug.getinfo(1, "f").func, "hir")
      print(text:find "\n  next %d+ @" ~= nil, text:find "guard_lib v%d+, _G%.ipairs" ~= nil)]], "tiers=2")
  end)

  it("tier by tier, up to the highest that may be used", function()
    if not child.has "gccjit" then return end
    prints("interpreter\tbaseline\tstandard\tstandard\n", SUM .. [[
      local tiers = { zyjit.tier(sum) }
      for i = 1, 7 do sum(10, i) end
      tiers[2] = zyjit.tier(sum)
      for i = 1, 7 do sum(10, i) end
      tiers[3] = zyjit.tier(sum)
      for i = 1, 1000 do sum(10, i) end
      tiers[4] = zyjit.tier(sum)
      print(table.concat(tiers, "\t"))]], "tiers=0+1")
  end)

  it("when what it calls, and would inline, has been observed", function()
    prints("510\ttrue\n", [[
      local function named(o)
        local name = o.name
        return name ~= 0
      end
      local function count(list)
        local s = 0
        for i = 1, #list do
          if i % 4 == 0 and named(list[i]) then s = s + 1 end
        end
        return s
      end
      local list, exits = {}, 0
      for i = 1, 2000 do list[i] = { name = i } end
      for i = 2001, 2040 do list[i] = { name = "a" } end      -- integers were seen, in 'named'
      local n = count(list)
      for _, f in ipairs(zyjit.functions()) do
        if f.line == 6 then exits = f.exits end
      end
      print(n, exits > 0)
    ]], "tiers=2")
  end)

  it("and its loops wait for it when they are short", function()
    prints("optimized\tfalse\n", [[
      local function turns(n)
        for i = 1, n do coroutine.yield(i) end
      end
      local running = {}
      local function start(n)
        for i = 1, n do
          running[#running + 1] = coroutine.wrap(turns)
          running[#running](8)
        end
      end
      local function resume(n)
        for i = 1, n do running[i]() end
      end
      start(400)
      resume(400)
      resume(250)
      start(100)
      for _ = 1, 5 do resume(400) end
      print(zyjit.tier(turns), zyjit.explain(turns):find "requested" ~= nil)]], "tiers=2")
  end)
end)

describe("code that leaves", function()
  if not child.has "llvm" then return end

  it("too often because of one assumption is made again without it", function()
    prints([[
line 2: not assumed any more, it failed too often: the type of a value
left native code 8 times, recompiled 1 time
optimized, 30100.0
]], [[
      local function add(a, b) return a + b end
      for i = 1, 1200 do add(i, 1) end
      local sum = 0
      for i = 1, 1000 do sum = add(sum, 0.5) end
      for i = 1, 1000 do sum = add(sum, 29.6) end
      for line in zyjit.explain(add):gmatch "[^\n]+" do
        line = line:match "^%s+(.*)"
        if line and not line:find "^from" then print(line) end
      end
      print(("%s, %.1f"):format(zyjit.tier(add), sum))]], "tiers=2")
  end)

  it("never does so because an inner loop has nothing to do in the outer one's last round", function()
    prints("optimized\tnil\t50000\n", [[
      local function later(t)
        local s = 0
        for i = 1, #t do
          for j = i + 1, #t do s = s + t[j] end
        end
        return s
      end
      local sum, t = 0, { 2, 3, 4, 5, 6 }
      for i = 1, 1000 do sum = sum + later(t) end
      for i = 1, 4 do t[#t] = nil end
      for i = 1, 100 do sum = sum + later(t) end
      print(zyjit.tier(later), zyjit.explain(later):match "left native code[^\n]*", sum)]], "tiers=2")
  end)

  it("when it has hardly begun, because of yields, is given up, but not when it does much before", function()
    prints("5000\tfalse\n1050000\ttrue\n", [[
      local function numbers()
        for i = 1, 1 << 40 do coroutine.yield(i) end
      end
      local function sums()
        local s = 0
        for i = 1, 1 << 40 do
          for j = 1, 20 do s = s + j end
          coroutine.yield(s)
        end
      end
      for _, f in ipairs { numbers, sums } do
        local next, last = coroutine.wrap(f)
        for i = 1, 5000 do last = next() end
        print(last, zyjit.explain(f):find ": optimized" ~= nil)
      end]], "tiers=2")
  end)

  it("when it is often cut off by yields, is given up where little was left of the loop", function()
    if not child.has "gccjit" then return end
    prints("40320\tinterpreter\n2000\tstandard\n", [[
      local function loop(f) return zyjit.explain(f):match "from the loop at line %d+: (%a+)" end
      local function permutations(a, n)
        if n == 0 then coroutine.yield(a) return end
        for i = 1, n do
          a[n], a[i] = a[i], a[n]
          permutations(a, n - 1)
          a[n], a[i] = a[i], a[n]
        end
      end
      local n = 0
      for _ in coroutine.wrap(function() permutations({ 1, 2, 3, 4, 5, 6, 7, 8 }, 8) end) do n = n + 1 end
      print(n, loop(permutations))

      local function numbers()
        for i = 1, 100 do
          if i == 30 or i == 60 then coroutine.yield(i) end
        end
      end
      n = 0
      for _ = 1, 1000 do
        for _ in coroutine.wrap(numbers) do n = n + 1 end
      end
      print(n, loop(numbers))]], "tiers=1")
  end)
end)

describe("what is entered", function()
  if not child.has "llvm" then return end

  local ENTRIES = [[
    local function entered(f)
      return tonumber(zyjit.explain(f):match "from its start: optimized[^\n]*entered (%d+) time")
    end
  ]]

  it("by others than native code is not a function that is too brief for that", function()
    prints("512\ttrue\t8004000\n512\ttrue\n", ENTRIES .. [[
      local function brief(x) return x * 2 end
      local function longer(x)
        x = x * 2 x = x - 1 x = x * 2 x = x - 1 x = x * 2 x = x - 1 x = x * 2 x = x - 1
        x = x * 2 x = x - 1 x = x * 2 x = x - 1 x = x * 2 x = x - 1 x = x * 2 x = x - 1
        x = x * 2 x = x - 1 x = x * 2 x = x - 1 x = x * 2 x = x - 1 x = x * 2 x = x - 1
        return x
      end
      for i = 1, 5000 do pcall(brief, i) pcall(longer, i) end
      local function native(n)
        local s = 0
        for i = 1, n do s = s + brief(i) end
        return s
      end
      native(100) native(2000)
      local count = entered(brief)
      print(count, entered(longer) > 3000, native(2000) * 2 == 8004000 and 8004000)
      for i = 1, 5000 do pcall(brief, 0.5) end
      print(entered(brief), zyjit.tier(brief) == "optimized")]], "tiers=2")
  end)

  it("is not a function with variable arguments that does little with them", function()
    prints("512\ttrue\ttrue\n", ENTRIES .. [[
      local function little(...)
        local s = 0
        for i = 1, select("#", ...) do s = s + (select(i, ...)) end
        return s
      end
      local function much(n, ...)
        local s = 0
        for i = 1, n do s = s + i end
        return s
      end
      for i = 1, 3000 do pcall(little, 1, 2, 3) pcall(much, 50, 1, 2) end
      print(entered(little), entered(much) > 1000, select(2, pcall(little, 1, 2, 3)) == 6)]], "tiers=2")
  end)

  it("stays in use when operators have metamethods", function()
    prints("true\ttrue\n", [[
      local V = {}
      V.__add = function(a, b) return setmetatable({ x = a.x + b.x }, V) end
      V.__unm = function(a) return setmetatable({ x = -a.x }, V) end
      local function sums(n)
        local v, one = setmetatable({ x = 0 }, V), setmetatable({ x = 1 }, V)
        for i = 1, n do v = v + one + -one + one end
        return v.x
      end
      for i = 1, 100 do sums(100) end
      local before = zyjit.stats().exits.operator
      local sum = sums(1000)
      local stayed = zyjit.stats().exits.operator == before
      print(sum == 1000, stayed and zyjit.tier(sums) == "optimized")]], "tiers=2")
  end)
end)
