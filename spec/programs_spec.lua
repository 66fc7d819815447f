-- programs_spec.lua: spec/programs on stock Lua and with zyjit in every way of compiling -> the same, byte by byte.
-- SPDX-License-Identifier: MIT
--
-- Output, error output and exit status are compared. ZYJIT_HARD=1 (make hard) adds the configurations that
-- force exits and collections everywhere, which take longer. All programs of a configuration run at once, as many
-- as there are processors; each test then looks at one result.

local child = dofile "spec/child.lua"
local lfs = require "lfs"

local folder = child.root .. "/spec/programs"
local programs = {}
for name in lfs.dir(folder) do
  programs[#programs + 1] = name:match "^(.*)%.lua$"
end
table.sort(programs)

local NOW = "warm_threshold=1,hot_threshold=2,enable_background_optimization=false"
local configurations = { { name = "default settings", env = {} } }
for tier = 0, 2 do
  for _, backend in ipairs { "gccjit", "llvm" } do
    table.insert(configurations, { name = ("tier %d by %s at once"):format(tier, backend), backend = backend,
      env = { ZYJIT_OPTIONS = ("%s,tiers=%d,tier%d_backend=%s"):format(NOW, tier, tier, backend) } })
  end
end
table.insert(configurations, { name = "every third guard fails", backend = "llvm",
  env = { ZYJIT_OPTIONS = NOW .. ",tiers=2", ZYJIT_STRESS = "exits=3,seed=1" } })
if child.has_debug() then
  table.insert(configurations, { name = "the HIR verified after each pass", backend = "llvm",
    build = child.build .. "/debug", env = { ZYJIT_OPTIONS = NOW } })
end
if os.getenv "ZYJIT_HARD" then
  for tier, backend in pairs { [0] = "gccjit", "gccjit", "llvm" } do
    for _, stress in ipairs { "exits=1", "exits=2", "exits=7,seed=3", "gc,seed=1", "exits=5,gc,seed=4" } do
      table.insert(configurations, { name = ("tier %d, %s"):format(tier, stress), backend = backend,
        env = { ZYJIT_OPTIONS = ("%s,tiers=%d,tier%d_backend=%s"):format(NOW, tier, tier, backend),
                ZYJIT_STRESS = stress } })
    end
  end
  table.insert(configurations, { name = "all tiers in the background at once", backend = "llvm",
    env = { ZYJIT_OPTIONS = "warm_threshold=1,hot_threshold=2" } })
end

-- Runs all programs; what they did is in the folder that is returned.
local function run_all(env, flags, build)
  local results = os.tmpname()
  os.remove(results)
  assert(lfs.mkdir(results))
  child.write(results .. "/run", ([[
cd %s || exit 1
%s timeout 120 lua5.4 %s "$1.lua" >%s/"$1".out 2>%s/"$1".err </dev/null
echo $? >%s/"$1".status
]]):format(child.quote(folder), child.environment(env, build), flags, results, results, results))
  child.write(results .. "/names", table.concat(programs, "\n") .. "\n")
  os.execute(("xargs -P $(getconf _NPROCESSORS_ONLN) -n 1 sh %s/run <%s/names 2>/dev/null"):format(results, results))
  return results
end

local function result(results, program)
  return {
    output = child.read(("%s/%s.out"):format(results, program)),
    errors = child.read(("%s/%s.err"):format(results, program)),
    status = child.read(("%s/%s.status"):format(results, program)),
  }
end

describe("programs", function()
  local stock

  setup(function()
    stock = run_all({}, "")
  end)

  teardown(function()
    os.execute("rm -rf " .. child.quote(stock))
  end)

  for _, configuration in ipairs(configurations) do
    describe("with " .. configuration.name, function()
      if configuration.backend and not child.has(configuration.backend) then
        pending("needs the back end " .. configuration.backend)
        return
      end
      local results

      setup(function()
        results = run_all(configuration.env, "-lzyjit", configuration.build)
      end)

      teardown(function()
        os.execute("rm -rf " .. child.quote(results))
      end)

      for _, program in ipairs(programs) do
        it("runs " .. program .. " as stock Lua does", function()
          local expected, got = result(stock, program), result(results, program)
          assert.are.equal(expected.errors, got.errors)
          assert.are.equal(expected.output, got.output)
          assert.are.equal(expected.status, got.status)
        end)
      end
    end)
  end
end)
