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
end)
