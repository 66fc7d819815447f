-- discover_spec.lua: functions that a host loads in its own way -> attached like any other.
-- SPDX-License-Identifier: MIT

local child = dofile "spec/child.lua"

describe("discovery", function()
  -- A collection that ends while the script is being loaded has seen its first functions only.
  it("finds the functions of a script whose loading takes collections", function()
    local lines = {}
    for i = 1, 3000 do
      lines[i] = ("function f() return 'a string of some length, the %dth' end"):format(i)
    end
    lines[#lines + 1] = "print(#zyjit.functions() > 3000)"
    local out, err = child.run(table.concat(lines, "\n"), {}, "-lzyjit")
    assert.are.equal("true\n", out .. err)
  end)

  -- Functions without upvalues are what load makes of such dumps, also of broken ones.
  it("leaves alone what a load that failed has left", function()
    local out, err = child.run([[
local dump = string.dump(load("local a = ... ; return function(b) return b + 1 end, 'a constant'"))
dump = string.dump(assert(load(dump))(), true)
collectgarbage("setpause", 100)
for _ = 1, 20 do
  for i = 1, #dump - 1 do
    assert(not load(dump:sub(1, i)))
    collectgarbage("step", 1)
  end
end
print(load(dump)(41))
]], {}, "-lzyjit")
    assert.are.equal("42\n", out .. err)
  end)

  -- Where the stack has just overflowed there is no room for finalizers: neither for that which tells of the end of a
  -- collection nor for those that tell of the end of functions.
  it("survives that its finalizers fail", function()
    local script = [[
local zyjit = require "zyjit"
local function work()
  return 1
end
zyjit.optimize(work)
zyjit.wait()
local text = "local function f(n) local %s return 1 + f(n + 1) end return f"
local names, before = "a", #zyjit.functions()
for i = 1, 12 do
  names = names .. ", a" .. i
  local endless = load(text:format(names))()
  collectgarbage("stop")
  for _ = 1, 10 do
    load "return function() end"()
  end
  collectgarbage("restart")
  pcall(endless, 1)
  collectgarbage()
end
load "return 1"
collectgarbage()
collectgarbage()
print(#zyjit.functions() <= before)
local entries = zyjit.stats().native_entries
for _ = 1, 100 do
  coroutine.wrap(work)()
end
print(zyjit.stats().native_entries - entries)
]]
    for _, options in ipairs { "", "tiers=0", "tiers=2" } do
      local out, err = child.run(script, { ZYJIT_OPTIONS = options }, "-W")
      assert.matches("error in __gc", err)
      assert.are.equal("true\n100\n", out)
    end
  end)
end)
