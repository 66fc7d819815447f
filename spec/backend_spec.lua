-- backend_spec.lua: every back end that was built, at every level -> the texts in spec/hir hold for its code, too.
-- SPDX-License-Identifier: MIT
--
-- hir_spec.lua runs the same texts with whatever works. Here a back end is named, so that it fails when it does not
-- start, instead of being left out. In processes of their own: wrong code may crash.

local child = dofile "spec/child.lua"
local lfs = require "lfs"

local FOLDERS = { "interp", "lower" }

local CHECK = [[
  local core = require "zyjit.core"
  local failed
  for i = 1, #arg do
    local file = assert(io.open(arg[i], "rb"))
    local good, message = core.filetest(file:read "a")
    file:close()
    if not good then
      print(arg[i]:match "[^/]*/[^/]*$" .. ": " .. message)
      failed = true
    end
  end
  print(failed and "failed" or "passed")
]]

local function texts()
  local paths = {}
  for _, folder in ipairs(FOLDERS) do
    local path = child.root .. "/spec/hir/" .. folder
    for name in lfs.dir(path) do
      if name:match "%.hir$" then paths[#paths + 1] = child.quote(path .. "/" .. name) end
    end
  end
  assert.is_true(#paths > 0)
  table.sort(paths)
  return table.concat(paths, " ")
end

local function check(version)
  local code = ("arg = {}\nfor path in (%q):gmatch \"'(.-)'\" do arg[#arg + 1] = path end\n%s"):format(texts(), CHECK)
  local out, err, status = child.run(code, { ZYJIT_TEST_BACKENDS = version })
  assert.are.equal("passed\n", out .. err)
  assert.are.equal(0, status)
end

for _, backend in ipairs { "gccjit", "llvm" } do
  describe("the back end " .. backend, function()
    for level = 0, 2 do
      it("makes code that does what the HIR says, at level " .. level, function()
        if not child.has(backend) then return pending "not built" end
        check(backend .. " " .. level)
      end)
    end
  end)
end

it("a back end that is named and is not there is not left out", function()
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  assert(lfs.mkdir(folder .. "/zyjit"))
  child.write(folder .. "/zyjit/core.so", child.read(child.build .. "/zyjit/core.so"))
  local text = "func f(v1:int) {\nb1:\n  v2:int = neg_int v1\n  return v2\n}\n; run f(7) == -7\n"
  local code = ("package.cpath = %q\nprint(require 'zyjit.core'.filetest(%q))\n"):format(folder .. "/?.so", text)
  for _, version in ipairs { "gccjit 0", "llvm 2" } do
    local out = child.run(code, { ZYJIT_TEST_BACKENDS = version })
    assert.matches("^nil\tline 1: input: " .. version .. ": ", out)
  end
  os.execute("rm -rf " .. child.quote(folder))
end)
