-- waiting_spec.lua: loops and functions whose code is being compiled -> they run as if they had no stubs, and enter
-- the code when it is there.
-- SPDX-License-Identifier: MIT
--
-- What happens meanwhile happens within the milliseconds that LLVM takes to load. Each script says that it was in time
-- ("busy"), and is run again when it was not.

local child = dofile "spec/child.lua"

local PRELUDE = [[
local zyjit = require "zyjit"
local function busy()
  local stats = zyjit.stats()
  return stats.queue_length + stats.compiling > 0
end
local function counted(f)
  local info = debug.getinfo(f, "S")
  for _, row in ipairs(zyjit.functions()) do
    if row.name == info.short_src .. ":" .. info.linedefined then return row.iterations end
  end
end
local function entries() return zyjit.stats().native_entries end
local function sum(n)
  local s = 0
  for i = 1, n do s = s + i end
  return s
end
]]

local function prints(expected, code)
  local out, err, status
  for _ = 1, 10 do
    out, err, status = child.run(PRELUDE .. code, { ZYJIT_OPTIONS = "tiers=2" })
    assert.are.equal("", err)
    assert.are.equal(0, status)
    if not out:find "^late" then break end
  end
  assert.are.equal(expected, out)
end

describe("what waits for its code", function()
  if not child.has "llvm" then return end

  it("is not counted, and enters the code when it is there", function()
    prints("busy\t1096\ntrue\t500000500000\t1096\ttrue\n", [[
      sum(3000)
      print(busy() and "busy" or "late", counted(sum))
      for i = 1, 3 do sum(3000) end
      local same = zyjit.wait(60)
      local before = entries()
      print(same, sum(1000000), counted(sum), entries() > before)]])
  end)

  it("enters the code in the middle of a loop", function()
    prints("true\n", [[
      local before, i, entered = entries(), 0, false
      while not entered and i < 1e9 do
        i = i + 1
        if i % 100000 == 0 then entered = entries() > before end
      end
      print(entered)]])
  end)

  it("waits for ever for nothing: what cannot be compiled goes on", function()
    local path = os.tmpname()
    os.remove(path)
    assert.is_truthy(os.execute(("mkdir -p %s/zyjit && cp %s/zyjit/core.so %s/zyjit"):format(path, child.build, path)))
    local out, err, status = child.run(PRELUDE .. [[
      sum(3000)
      print(zyjit.wait(60), counted(sum))
      print(sum(3000), counted(sum) > 1096, counted(sum) < 1300)]],
      { ZYJIT_OPTIONS = "tiers=2", LUA_CPATH = path .. "/?.so;;" })
    os.execute("rm -rf " .. path)
    assert.are.equal("", err)
    assert.are.equal("true\t1096\n4501500\ttrue\ttrue\n", out)
    assert.are.equal(0, status)
  end)

  it("is not woken under a hook", function()
    prints("busy\ttrue\ttrue\n", [[
      local count = 0
      local function instructions()
        local before = count
        sum(40)
        return count - before
      end
      local function hook() count = count + 1 end
      debug.sethook(hook, "", 1)
      local expected = instructions()
      debug.sethook()
      sum(3000)
      local state = busy() and "busy" or "late"
      debug.sethook(hook, "", 1)
      zyjit.wait(60)
      local same = instructions() == expected
      debug.sethook()
      sum(10)
      local before = entries()
      sum(10)
      print(state, same, entries() > before)]])
  end)

  it("is dumped as it was, and woken if that was meanwhile", function()
    prints("busy\ttrue\ttrue\n", [[
      local text = "local function f(n) local s = 0 for i = 1, n do s = s + i end return s end local t = { 0"
        .. (",{}"):rep(200000) .. "} return f"
      local was_busy, same, entered = true, true, true
      for round = 1, 6 do
        local chunk = load(text, "=chunk" .. round)
        local expected, f = string.dump(chunk), chunk()
        f(3000)
        was_busy = was_busy and busy()
        while busy() do same = same and string.dump(chunk) == expected end
        local before = entries()
        f(3000)
        entered = entered and entries() > before
      end
      print(was_busy and "busy" or "late", same, entered)]])
  end)

  it("can be turned off and on again", function()
    prints("busy\tinterpreter\t4501500\ttrue\n", [[
      sum(3000)
      local state = busy() and "busy" or "late"
      zyjit.off(sum)
      zyjit.wait(60)
      local tier, before = zyjit.tier(sum), entries()
      local s = sum(3000)
      local none = entries() == before
      zyjit.on(sum)
      for i = 1, 4000 do sum(3) end
      zyjit.wait(60)
      before = entries()
      sum(3000)
      print(state, tier, s, none and entries() > before)]])
  end)

  for _, mode in ipairs { "incremental", "generational" } do
    it("may be collected, " .. mode, function()
      prints("busy\ttrue\ttrue\n", ([[
        collectgarbage "%s"
        local known
        for round = 1, 3 do
          for i = 1, 40 do
            local f = load("local s = 0 for i = 1, ... do s = s + i end return s", "=chunk" .. round .. "." .. i)
            f(3000)
          end
          known = known or busy()
          collectgarbage()
          collectgarbage()
        end
        local done = zyjit.wait(60)
        collectgarbage()
        collectgarbage()
        local left = 0
        for _, row in ipairs(zyjit.functions()) do
          if row.name:find "chunk" then left = left + 1 end
        end
        print(known and "busy" or "late", done, left <= 1)]]):format(mode))
    end)
  end
end)
