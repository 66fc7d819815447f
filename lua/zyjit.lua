-- zyjit.lua: zyjit.core and the settings -> the module that users require.
-- SPDX-License-Identifier: MIT
--
-- Functions that only pass a question on are the core's own: it checks their arguments and is one level nearer
-- to the caller. What is not needed to run a script (settings, reports) is loaded when first used, because
-- every script pays for what `require "zyjit"` does.

local core = require "zyjit.core"

local zyjit = {
  _VERSION = "zyjit scm",
  on = core.on,
  off = core.off,
  flush = core.flush,
  status = core.status,
  tier = core.tier,
  optimize = core.optimize,
  deoptimize = core.deoptimize,
  functions = core.functions,
  explain = core.explain,
  dump = core.dump,
  wait = core.wait,
  shutdown = core.shutdown,
}

--- Applies settings, all or none. Raises an error at its caller when one is unknown or out of range.
function zyjit.configure(settings)
  local ok, message = require "zyjit.config".apply(settings)
  if not ok then
    error(("bad argument #1 to 'configure' (%s)"):format(message), 2)
  end
end

--- A copy of the settings in force.
function zyjit.config()
  return require "zyjit.config".current()
end

--- Counters; tostring() makes a text of them.
function zyjit.stats()
  return require "zyjit.report".stats(core.stats())
end

--- The n (10) hottest rows of functions(), hottest first.
function zyjit.hot(n)
  if n == nil then
    n = 10
  elseif math.type(n) ~= "integer" or n < 0 then
    local value = require "zyjit.config".show(n)
    error(("bad argument #1 to 'hot' (non-negative integer expected, got %s)"):format(value), 2)
  end
  return require "zyjit.report".hottest(core.functions(), n)
end

setmetatable(zyjit, {
  __index = function(self, key)
    if key == "presets" then
      self.presets = require "zyjit.config".presets()
      return self.presets
    end
  end,
})

local options = os.getenv "ZYJIT_OPTIONS"
if options and options ~= "" then
  require "zyjit.config".environment(options)
end

return zyjit
