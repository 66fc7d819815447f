-- conformance.lua: a checkout of Lua's own test suite -> what passes without zyjit passes with it, in every way.
-- SPDX-License-Identifier: MIT
--
-- lua5.4 spec/conformance.lua SUITE [LUA [FILE ...]]; make conformance SUITE=dir LUA=binary. SUITE is the folder that
-- all.lua is in, of the release that LUA is (lua5.4; a command, or a path from the root). Each file is run in a
-- process of its own, with _port and _soft; one that fails on stock Lua, as some do by themselves, says nothing about
-- zyjit.

local here = arg[0]:match "^(.*)/" or "."
local child = dofile(here .. "/child.lua")
local lfs = require "lfs"

local suite, lua = arg[1], arg[2] or "lua5.4"
if not suite or lfs.attributes(suite .. "/all.lua", "mode") ~= "file" then
  io.stderr:write "conformance.lua: SUITE: the folder of Lua's test suite (with all.lua) expected\n"
  os.exit(2)
end

-- all.lua runs the others; heavy.lua takes gigabytes.
local LEFT_OUT = { ["all.lua"] = true, ["heavy.lua"] = true }
local files = table.move(arg, 3, #arg, 1, {})
if #files == 0 then
  for name in lfs.dir(suite) do
    if name:find "%.lua$" and not LEFT_OUT[name] then files[#files + 1] = name end
  end
  table.sort(files)
end

local NOW = "warm_threshold=1,hot_threshold=2,enable_background_optimization=false,tiers="
local WAYS = { { name = "default" } }
for tier = 0, 2 do
  for _, backend in ipairs { "gccjit", "llvm" } do
    WAYS[#WAYS + 1] = { name = ("tier %d, %s"):format(tier, backend),
      env = { ZYJIT_OPTIONS = ("%s%d,tier%d_backend=%s"):format(NOW, tier, tier, backend) } }
  end
end
for _, stress in ipairs { "exits=1", "exits=3,seed=1", "gc" } do
  WAYS[#WAYS + 1] = { name = stress, env = { ZYJIT_OPTIONS = NOW .. 2, ZYJIT_STRESS = stress } }
end

-- Whether the file passes; if not, its last words.
local function passes(file, env, flags)
  local output = os.tmpname()
  local ok = os.execute(("cd %s && %s timeout 900 %s %s -e '_port=true _soft=true' %s >%s 2>&1"):format(
    child.quote(suite), child.environment(env), lua, flags, child.quote(file), output))
  local text = child.read(output)
  os.remove(output)
  return ok, text:sub(-300)
end

local passed, failed = 0, 0
for _, file in ipairs(files) do
  local failures = {}
  if passes(file, {}, "") then
    for _, way in ipairs(WAYS) do
      local ok, message = passes(file, way.env, "-lzyjit")
      if ok then
        passed = passed + 1
      else
        failed = failed + 1
        failures[#failures + 1] = ("  %s:\n%s"):format(way.name, (message:gsub("[^\n]+", "    %0")))
      end
    end
    print(file .. (#failures == 0 and ": passes" or ": FAILS"))
    for _, text in ipairs(failures) do print(text) end
  else
    print(file .. ": fails on stock Lua")
  end
  io.flush()
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and passed > 0 and 0 or 1)
