-- fuzz.lua: random programs on stock Lua and with zyjit -> the same output, in every way of compiling.
-- SPDX-License-Identifier: MIT
--
-- lua5.4 spec/fuzz/fuzz.lua [--seconds N] [--seed N] [--programs N] [--keep FOLDER]; make fuzz SECONDS=n.
-- A program that does not do the same is made smaller and left in the folder (build/fuzz), with the environment
-- it fails in. The last lines say how much was compiled; too little is a failure, too.

local spec = assert(arg[0]:match "^(.*)/fuzz/[^/]*$", "fuzz.lua: to be run by a path with spec/fuzz in it")
package.path = spec .. "/fuzz/?.lua;" .. package.path
local generator, reducer = require "generate", require "reduce"
local child = dofile(spec .. "/child.lua")
local lfs = require "lfs"

local options = { seconds = math.huge, seed = 1, programs = math.huge, keep = child.build .. "/fuzz" }
for i = 1, #arg, 2 do
  local key = arg[i]:match "^%-%-(%l+)$"
  local value = arg[i + 1]
  if key ~= "keep" then value = tonumber(value) end
  if not key or not options[key] or not value then
    io.stderr:write("fuzz.lua: bad option ", arg[i], "\n")
    os.exit(2)
  end
  options[key] = value
end

local REDUCING = 300 -- seconds; what hangs takes long to make smaller

local NOW = "warm_threshold=1,hot_threshold=2,enable_background_optimization=false,tiers="
local WAYS = { { ZYJIT_OPTIONS = NOW .. 2 }, { ZYJIT_OPTIONS = NOW .. 2, ZYJIT_STRESS = "exits=3,seed=%d" },
  { ZYJIT_OPTIONS = NOW .. "1,tier1_backend=llvm" }, { ZYJIT_OPTIONS = NOW .. 2, ZYJIT_STRESS = "gc" },
  { ZYJIT_OPTIONS = NOW .. "2,hot_threshold=30" }, { ZYJIT_OPTIONS = NOW .. "0,tier0_backend=llvm" },
  { ZYJIT_OPTIONS = NOW .. 2, ZYJIT_STRESS = "exits=1" }, { ZYJIT_OPTIONS = "warm_threshold=1,hot_threshold=2" }, {} }

lfs.mkdir(child.build)
lfs.mkdir(options.keep)
local program, expected, got = options.keep .. "/program.lua", options.keep .. "/expected", options.keep .. "/got"
local compiled, exits = 0, 0

-- Leaves, when the program ends, the number of compiled pieces of code and of exits taken.
child.write(options.keep .. "/count.lua", [[
local zyjit = require "zyjit"
return setmetatable({}, { __gc = function()
  local stats = zyjit.stats()
  local file = io.open("counted", "w")
  file:write(stats.compilations.total, " ", stats.exits.total)
  file:close()
end })
]])

-- "same", "different", or nil when stock Lua does not load it, crashes (5.4.4 does), does not end in
-- time, or does not print the same again.
local function compare(tree, way, seed)
  local source = generator.prelude .. reducer.text(tree)
  if not load(source, "=program", "t") then return nil end
  child.write(program, source)
  local command = "cd " .. child.quote(options.keep) .. " && %s timeout %d lua5.4 %s program.lua >%s 2>&1"
  local _, _, status = os.execute(command:format(child.environment {}, 5, "", "expected"))
  if status >= 124 then return nil end
  local env = {}
  for key, value in pairs(way) do env[key] = value:format(seed) end
  local _, how, result = os.execute(command:format(child.environment(env), 60, "-lzyjit -lcount", "got"))
  if how == "exit" and result == status and child.read(expected) == child.read(got) then
    local codes, taken = child.read(options.keep .. "/counted"):match "(%d+) (%d+)"
    compiled, exits = compiled + codes, exits + taken
    return "same"
  end
  local first = child.read(expected)
  os.execute(command:format(child.environment {}, 5, "", "expected"))
  return child.read(expected) == first and "different" or nil
end

local start, made, failures = os.time(), 0, 0
local seed = options.seed
while made < options.programs and os.time() - start < options.seconds do
  local way = WAYS[seed % #WAYS + 1]
  made = made + 1
  if compare(generator.generate(seed), way, seed) == "different" then
    failures = failures + 1
    local deadline = os.time() + REDUCING
    local tree = reducer.reduce(generator.generate(seed), function(smaller)
      return os.time() < deadline and compare(smaller, way, seed) == "different"
    end)
    local file = ("%s/%d.lua"):format(options.keep, seed)
    child.write(file, ("-- ZYJIT_OPTIONS=%s ZYJIT_STRESS=%s\n"):format(way.ZYJIT_OPTIONS or "",
      (way.ZYJIT_STRESS or ""):format(seed)) .. generator.prelude .. reducer.text(tree))
    print("seed " .. seed .. ": not the same; see " .. file)
  end
  seed = seed + 1
end
print(("%d programs, %d not the same; %d codes compiled, %d exits taken"):format(made, failures, compiled, exits))
local enough = compiled >= 5 * made and exits >= made
if not enough then print "too little was compiled" end
os.exit(failures == 0 and enough and 0 or 1)
