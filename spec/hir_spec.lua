-- hir_spec.lua: every text in spec/hir -> what it says of the compiler's middle holds (format: src/hir/filetest.c).
-- SPDX-License-Identifier: MIT
--
-- ZYJIT_BLESS=1 (make bless) rewrites expected functions with what the passes give now; errors and results of
-- runs are not rewritten.

local child = dofile "spec/child.lua"
local core = require "zyjit.core"
local lfs = require "lfs"

local root = child.root .. "/spec/hir"

local function entries(folder)
  local names = {}
  for name in lfs.dir(folder) do
    if name:sub(1, 1) ~= "." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function check(path)
  local text = child.read(path)
  if os.getenv "ZYJIT_BLESS" then
    local new = assert(core.filetest(text, true))
    if new ~= text then child.write(path, new) end
    text = new
  end
  local good, message = core.filetest(text)
  if not good then error(("%s: %s"):format(path:sub(#child.root + 2), message), 0) end
end

for _, folder in ipairs(entries(root)) do
  describe("HIR, " .. folder, function()
    for _, name in ipairs(entries(root .. "/" .. folder)) do
      if name:match "%.hir$" then
        it(name, function() check(root .. "/" .. folder .. "/" .. name) end)
      end
    end
  end)
end

describe("a text about the HIR", function()
  local FUNCTION = "func f(v1:int) {\nb1:\n  v2:int = neg_int v1\n  return v2\n}\n"

  it("is refused when it runs otherwise", function()
    assert.are.same({ nil, "line 6: input: -7, not 7" }, { core.filetest(FUNCTION .. "; run f(7) == 7\n") })
  end)

  it("is refused when it prints otherwise", function()
    local good, message = core.filetest(FUNCTION .. "; expect\n" .. FUNCTION:gsub("neg", "not"))
    assert.is_nil(good)
    assert.are.equal("line 7: the function is now:\n" .. FUNCTION, message)
  end)

  it("is refused when an error it names is not found, or elsewhere", function()
    local _, message = core.filetest((FUNCTION:gsub("neg_int v1", "%0 ; error: V9")))
    assert.are.equal("line 3: no error; wanted: V9", message)
    _, message = core.filetest((FUNCTION:gsub("v1\n", "v3\n"):gsub("b1:", "%0 ; error: v3 is not")))
    assert.are.equal("line 3: error 'line 3: v3 is not defined' here, wanted in line 2", message)
  end)

  it("is refused when it names a pass that is not there", function()
    local _, message = core.filetest("; pass: no_such\n" .. FUNCTION)
    assert.are.equal("line 1: pass 'no_such': unknown", message)
  end)

  it("is refused when there is nothing in it", function()
    assert.is_nil(core.filetest "; nothing\n")
  end)

  it("is blessed by replacing what it expects", function()
    local wrong = FUNCTION .. "; run f(7) == -7\n; expect\n; a comment\n" .. FUNCTION:gsub("neg", "not")
    assert.are.equal(FUNCTION .. "; run f(7) == -7\n; expect\n; a comment\n" .. FUNCTION, core.filetest(wrong, true))
  end)
end)
