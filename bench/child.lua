-- child.lua: program, file -> the program's run under zyjit, and what zyjit did in that file.
-- SPDX-License-Identifier: MIT
--
-- lua5.4 bench/child.lua REPORT PROGRAM [args]. The program runs as lua5.4 would run it: its own 'arg', its
-- output, its errors. The report is a Lua table; run.lua reads it.

local out, program = arg[1], arg[2]
local zyjit = require "zyjit"

local args = { [-1] = arg[-1], [0] = program }
for i = 3, #arg do
  args[i - 2] = arg[i]
end
arg = args                              -- luacheck: ignore 121 (as lua.c does)

local ORDER = { interpreter = 0, baseline = 1, standard = 2, optimized = 3 }

-- A function counts for the best code it has, at its start or at a loop.
local function report()
  local on, reason = zyjit.status()
  local tiers, exits = {}, 0
  for _, row in ipairs(zyjit.functions()) do
    if row.source == program then
      local tier = ORDER[row.loop_tier] > ORDER[row.tier] and row.loop_tier or row.tier
      tiers[tier] = (tiers[tier] or 0) + 1
      exits = exits + row.exits
    end
  end
  local file = assert(io.open(out, "w"))
  file:write(("return { on = %s, reason = %q, exits = %d, tiers = {"):format(on, reason, exits))
  for tier, count in pairs(tiers) do
    file:write((" [%q] = %d,"):format(tier, count))
  end
  file:write " } }\n"
  file:close()
end

local chunk = assert(loadfile(program))
chunk(table.unpack(args))
report()
