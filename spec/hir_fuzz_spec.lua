-- hir_fuzz_spec.lua: random functions of the compiler's middle -> passes do not change what they do, and native code
-- does the same (src/hir/fuzz.c).
-- SPDX-License-Identifier: MIT
--
-- ZYJIT_FUZZ=100000 makes that many functions, ZYJIT_FUZZ_NATIVE=1000 compiles that many; ZYJIT_FUZZ_SEED=7 begins with
-- that one.

local core = require "zyjit.core"

local function setting(name, default)
  return tonumber(os.getenv(name)) or default
end

local function check(n, native)
  local good, message = core.hirfuzz(setting("ZYJIT_FUZZ_SEED", 1), n, native)
  if not good then error(message, 0) end
end

describe("random functions", function()
  it("do after the passes what they did", function() check(setting("ZYJIT_FUZZ", 2000), false) end)
  it("do natively what they do interpreted", function() check(setting("ZYJIT_FUZZ_NATIVE", 4), true) end)
end)
