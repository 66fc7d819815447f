-- api_spec.lua: the module's functions as docs/api.md describes them.
-- SPDX-License-Identifier: MIT

local child = dofile "spec/child.lua"

-- Settings are tried in this process; it stays interpreted, so that only the interface is in use.
local zyjit = require "zyjit"
zyjit.off()

local function raises(expected, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.are.equal(expected, message)
end

-- What a script with zyjit prints; that it ends well is part of each test.
local function prints(expected, code, env)
  local out, err, status = child.run('local zyjit = require "zyjit"\n' .. code, env)
  assert.are.equal("", err)
  assert.are.equal(expected, out)
  assert.are.equal(0, status)
end

local HOT = [[
local function hot(n)
  local s = 0
  for i = 1, n do
    s = s + i % 7
  end
  return s
end
]]

describe("configure", function()
  before_each(function()
    zyjit.configure { preset = "default" }
  end)

  it("sets what it is given, and leaves the rest", function()
    local before = zyjit.config()
    zyjit.configure { hot_threshold = 5000, tiers = { 0, 2 }, enable_block_profiling = true, tier0_backend = "llvm" }
    local after = zyjit.config()
    assert.are.equal(5000, after.hot_threshold)
    assert.are.same({ 0, 2 }, after.tiers)
    assert.is_true(after.enable_block_profiling)
    assert.are.equal("llvm", after.tier0_backend)
    after.hot_threshold, after.tiers = before.hot_threshold, before.tiers
    after.enable_block_profiling, after.tier0_backend = before.enable_block_profiling, before.tier0_backend
    assert.are.same(before, after)
  end)

  it("starts from a preset, whatever the order", function()
    zyjit.configure { verbosity = 1, preset = "production", hot_threshold = 7 }
    local config = zyjit.config()
    assert.are.equal("production", config.preset)
    assert.are.equal(1000, config.warm_threshold)
    assert.are.equal(7, config.hot_threshold)
    assert.are.equal(1, config.verbosity)
    assert.are.equal("gccjit", config.tier2_backend)
  end)

  it("takes floats that are integers", function()
    zyjit.configure { hot_threshold = 50.0 }
    assert.are.equal("integer", math.type(zyjit.config().hot_threshold))
  end)

  it("names the setting, the value and what was expected", function()
    local function message(text)
      return ("bad argument #1 to 'configure' (%s)"):format(text)
    end
    local configure = zyjit.configure
    raises(message 'hot_threshold: integer from 1 to 1000000000 expected, got "x"', configure, { hot_threshold = "x" })
    raises(message "hot_threshold: integer from 1 to 1000000000 expected, got 0", configure, { hot_threshold = 0 })
    raises(message "verbosity: integer from 0 to 3 expected, got 1.5", configure, { verbosity = 1.5 })
    raises(message 'no setting is called "hot"', configure, { hot = 1 })
    raises(message "no setting is called 1", configure, { "production" })
    raises(message 'tier1_backend: "gccjit" or "llvm" expected, got "none"', configure, { tier1_backend = "none" })
    raises(message "enable_block_profiling: boolean expected, got 1", configure, { enable_block_profiling = 1 })
    raises(message "tiers: list of one or more of 0, 1 and 2 expected, got table", configure, { tiers = { 3 } })
    raises(message "tiers: list of one or more of 0, 1 and 2 expected, got table", configure, { tiers = {} })
    raises(message "tiers: list of one or more of 0, 1 and 2 expected, got table", configure, { tiers = { a = 1 } })
    raises(message "table expected, got no value", configure)
    raises(message "table expected, got number", configure, 1)
    raises(message 'preset: "default", "development", "production" or "production_llvm" expected, got "fast"',
      configure, { preset = "fast" })
  end)

  it("blames its caller", function()
    local line = debug.getinfo(1, "l").currentline + 2
    local _, message = pcall(function()
      zyjit.configure { hot_threshold = false }
    end)
    assert.are.equal(("spec/api_spec.lua:%d: "):format(line), message:match "spec/api_spec%.lua:%d+: ")
  end)

  it("changes nothing when it fails", function()
    local before = zyjit.config()
    assert.is_false(pcall(zyjit.configure, { preset = "production", warm_threshold = 5, verbosity = 9 }))
    assert.are.same(before, zyjit.config())
  end)

  it("takes back what config() gave", function()
    zyjit.configure { preset = "development", tiers = { 1 }, sample_rate = 3 }
    local config = zyjit.config()
    zyjit.configure { preset = "default" }
    zyjit.configure(config)
    assert.are.same(config, zyjit.config())
  end)
end)

describe("config", function()
  it("is a copy", function()
    local config = zyjit.config()
    config.hot_threshold, config.tiers[1] = -1, 9
    assert.are_not.equal(-1, zyjit.config().hot_threshold)
    assert.are_not.equal(9, zyjit.config().tiers[1])
  end)

  it("has the rows of src/runtime/config.def", function()
    local rows = {}
    for _, row in ipairs(require "zyjit.config".rows) do
      rows[row[1]] = row
    end
    for line in io.lines(child.root .. "/src/runtime/config.def") do
      local field, value, least, most, kind =
        line:match "^ZY_CONFIG%(([%w_]+),%s*int,%s*(.-),%s*(.-),%s*(.-),%s*(%u+)%)"
      if field then
        local row = assert(rows[field], field)
        rows[field] = nil
        assert.are.equal(kind:lower(), row[2].kind)
        if kind == "INTEGER" then
          assert.are.equal(tonumber(least), row[2].least)
          assert.are.equal(tonumber(most), row[2].most)
          assert.are.equal(tonumber(value), row[3] or 0)
        elseif kind == "BACKEND" then
          assert.are.equal(value:match "ZY_BACKEND_(%u+)":lower(), row[3])
        elseif kind == "BOOLEAN" then
          assert.are.equal(tonumber(value) ~= 0, row[3])
        end
      end
    end
    assert.is_nil(next(rows))
  end)

  it("is the default preset at first", function()
    prints("true\n", [[
      local config, default = zyjit.config(), zyjit.presets.default
      local same = true
      for key, value in pairs(default) do
        same = same and (key == "tiers" or config[key] == value)
      end
      print(same)]])
  end)
end)

describe("presets", function()
  it("are four complete sets of settings", function()
    local names = {}
    for name, preset in pairs(zyjit.presets) do
      names[#names + 1] = name
      zyjit.configure(preset)
      assert.are.same(preset, zyjit.config())
    end
    table.sort(names)
    assert.are.same({ "default", "development", "production", "production_llvm" }, names)
    zyjit.configure { preset = "default" }
  end)

  it("are copies", function()
    zyjit.presets.production.hot_threshold = 3
    zyjit.configure { preset = "production" }
    assert.are.equal(10000, zyjit.config().hot_threshold)
    zyjit.configure { preset = "default" }
  end)
end)

describe("arguments", function()
  it("are checked", function()
    for _, name in ipairs { "tier", "optimize", "deoptimize", "explain", "dump" } do
      local ok, message = pcall(zyjit[name], 42)
      assert.is_false(ok)
      assert.is_truthy(message:find "^bad argument #1 to ")
      assert.is_truthy(message:find("function expected, got number", 1, true))
    end
    for _, name in ipairs { "on", "off", "flush" } do
      assert.is_false(pcall(zyjit[name], 42))
    end
    assert.is_false(pcall(zyjit.wait, "soon"))
    assert.is_false(pcall(zyjit.hot, -1))
    assert.is_false(pcall(zyjit.hot, "x"))
    assert.is_false(pcall(zyjit.dump, print))
    assert.is_false(pcall(zyjit.optimize, function() end, 3))
  end)
end)

describe("a script", function()
  it("is on, and says so", function()
    prints("true\n", "print(zyjit.status())")
  end)

  it("has its functions compiled when asked to", function()
    prints("interpreter\ntrue\noptimized\n3003\ninterpreter\n3003\ninterpreter\n", HOT .. [[
      print(zyjit.tier(hot))
      print(zyjit.optimize(hot))
      print(zyjit.tier(hot))
      print(hot(1000))
      zyjit.deoptimize(hot)
      print(zyjit.tier(hot))
      for i = 1, 2000 do hot(10) end
      zyjit.wait()
      print(hot(1000))
      print(zyjit.tier(hot))]])
  end)

  it("may choose the tier", function()
    prints("true\nbaseline\ntrue\nstandard\n", HOT .. [[
      print(zyjit.optimize(hot, 0)) print(zyjit.tier(hot))
      print(zyjit.optimize(hot, 1)) print(zyjit.tier(hot))]])
  end)

  it("gets its hot functions compiled in the background", function()
    prints("true\noptimized\n", HOT .. [[
      for i = 1, 5000 do hot(100) end
      print(zyjit.wait(60))
      for i = 1, 5000 do hot(100) end
      zyjit.wait(60)
      hot(1)
      print(zyjit.tier(hot))]])
  end)

  it("keeps a function out with off(f), and lets it in again with on(f)", function()
    prints("interpreter\ntrue\n", HOT .. [[
      zyjit.off(hot)
      for i = 1, 20000 do hot(10) end
      zyjit.wait()
      print(zyjit.tier(hot))
      zyjit.on(hot)
      print(zyjit.optimize(hot))]])
  end)

  it("sees counters, rows and explanations", function()
    prints("table\tstring\ttrue\ntrue\ttrue\ntrue\tstring\ttable\n", HOT .. [[
      for i = 1, 2000 do hot(100) end
      zyjit.wait()
      hot(1)
      local stats = zyjit.stats()
      print(type(stats), type(tostring(stats)), #tostring(stats) > 50)
      local rows = zyjit.hot(1)
      print(#rows == 1, #zyjit.functions() >= 1)
      local row = rows[1]
      print(row.line == 2, type(row.tier), type(rows))]])
  end)

  it("has bytecode and intermediate code as text", function()
    prints("string\nstring\nstring\n", HOT .. [[
      zyjit.optimize(hot)
      print(type(zyjit.dump(hot, "bytecode")))
      print(type(zyjit.dump(hot, "hir")))
      print(type(zyjit.dump(hot, "lir")))]])
  end)

  it("is interpreted after flush and shutdown, and works", function()
    prints("3003\ninterpreter\n3003\n3003\n", HOT .. [[
      zyjit.optimize(hot)
      print(hot(1000))
      zyjit.flush(hot)
      print(zyjit.tier(hot))
      print(hot(1000))
      zyjit.optimize(hot)
      zyjit.shutdown()
      zyjit.shutdown()
      print(hot(1000))]])
  end)
end)

describe("the environment", function()
  it("turns zyjit off", function()
    local out, err, status = child.run('print(require "zyjit".status())', { ZYJIT = "off" })
    assert.are.equal("", err)
    assert.is_truthy(out:find "^false\t%S")
    assert.are.equal(0, status)
  end)

  it("overrides settings, even those of configure()", function()
    prints("50\t2000\t2\n", [[
      zyjit.configure { hot_threshold = 7, warm_threshold = 2000 }
      local config = zyjit.config()
      print(config.hot_threshold, config.warm_threshold, #config.tiers)]],
      { ZYJIT_OPTIONS = "hot_threshold=50, tiers=0+1" })
  end)

  it("never keeps a script from running", function()
    local out, err, status = child.run('print(require "zyjit".config().sample_rate)',
      { ZYJIT_OPTIONS = "sample_rate=5,hot=1,,verbosity=x,nonsense" })
    assert.are.equal("5\n", out)
    assert.are.equal(table.concat({
      'zyjit: ZYJIT_OPTIONS: no setting is called "hot"',
      'zyjit: ZYJIT_OPTIONS: verbosity: integer from 0 to 3 expected, got "x"',
      'zyjit: ZYJIT_OPTIONS: key=value expected, got "nonsense"',
      "" }, "\n"), err)
    assert.are.equal(0, status)
  end)
end)

describe("loading", function()
  it("brings no compiler into the process, and prints nothing", function()
    local out, err = child.run [[
      require "zyjit"
      local maps = io.open("/proc/self/maps"):read "a"
      print(maps:find "core%.so" ~= nil, maps:find "libLLVM", maps:find "llvm%.so", maps:find "libgccjit")]]
    assert.are.equal("", err)
    assert.are.equal("true\tnil\tnil\tnil\n", out)
  end)
end)

describe("the documentation", function()
  it("has a section for every function", function()
    local text = child.read(child.root .. "/docs/api.md")
    for name, value in pairs(zyjit) do
      if type(value) == "function" then
        assert.is_truthy(text:find("### `zyjit." .. name .. "(", 1, true), name)
      end
    end
    for _, row in ipairs(require "zyjit.config".rows) do
      assert.is_truthy(text:find("`" .. row[1] .. "`", 1, true), row[1])
    end
  end)
end)
