-- conformance_spec.lua: what spec/conformance.lua says of a suite of files that pass, fail, and fail with zyjit only.
-- SPDX-License-Identifier: MIT

local child = dofile "spec/child.lua"
local lfs = require "lfs"

local function conformance(files)
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  for name, text in pairs(files) do child.write(folder .. "/" .. name, text) end
  local pipe = assert(io.popen(("cd %s && %s ZYJIT_BUILD=%s lua5.4 spec/conformance.lua %s 2>&1"):format(
    child.quote(child.root), child.environment(), child.quote(child.build), folder)))
  local output = pipe:read "a"
  local good = pipe:close() == true
  for name in pairs(files) do os.remove(folder .. "/" .. name) end
  assert(lfs.rmdir(folder))
  return good, output
end

describe("Lua's test suite", function()
  it("passes where it passes without zyjit", function()
    local good, output = conformance { ["all.lua"] = "", ["a.lua"] = "assert(_port)", ["b.lua"] = "error 'b'" }
    assert(good, output)
    assert.equal("a.lua: passes\nb.lua: fails on stock Lua\n10 passed, 0 failed\n", output)
  end)

  it("fails, and says how, where it fails with zyjit only", function()
    local good, output = conformance { ["all.lua"] = "", ["a.lua"] = "assert(not package.loaded.zyjit, 'loaded')" }
    assert.is_false(good)
    assert.truthy(output:find("a.lua: FAILS\n  default:\n    lua5.4: a.lua:1: loaded", 1, true), output)
    assert.truthy(output:find("0 passed, 10 failed", 1, true), output)
  end)

  it("is not looked for where it is not", function()
    local good, output = conformance { ["a.lua"] = "" }
    assert.is_false(good)
    assert.truthy(output:find("SUITE", 1, true), output)
  end)
end)
