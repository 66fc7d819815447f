-- fuzz_spec.lua: programs made at random do the same on stock Lua and with zyjit; the reducer keeps what fails.
-- SPDX-License-Identifier: MIT

local child = dofile "spec/child.lua"
package.path = child.root .. "/spec/fuzz/?.lua;" .. package.path
local generator, reducer = require "generate", require "reduce"

local function fuzz(arguments, build)
  local pipe = assert(io.popen(("cd %s && ZYJIT_BUILD=%s lua5.4 spec/fuzz/fuzz.lua %s 2>&1"):format(
    child.quote(child.root), child.quote(build or child.build), arguments)))
  local output = pipe:read "a"
  return pipe:close() == true, output
end

describe("a program made at random", function()
  it("is the same for the same seed, and can be loaded", function()
    for seed = 1, 20 do
      local source = reducer.text(generator.generate(seed))
      assert.equal(source, reducer.text(generator.generate(seed)))
      assert(load(generator.prelude .. source))
    end
  end)

  it("does the same with zyjit", function()
    if not child.has "llvm" then return pending "without LLVM" end
    local good, output = fuzz "--programs 40 --seed 1"
    assert(good, output)
  end)

  it("is a failure when too little of it is compiled", function()
    local good, output = fuzz "--programs 1 --seed 26"
    assert.is_false(good, output)
    assert.truthy(output:find("too little was compiled", 1, true), output)
  end)

  it("is reported, and made smaller, where it does not the same", function()
    local build = os.tmpname()                         -- of a zyjit that cannot be loaded: all programs differ
    os.remove(build)
    local good, output = fuzz("--programs 1 --seed 3", build)
    assert.is_false(good)
    assert.truthy(output:find("seed 3: not the same; see " .. build .. "/fuzz/3.lua", 1, true), output)
    assert.truthy(output:find("1 programs, 1 not the same", 1, true), output)
    local source = child.read(build .. "/fuzz/3.lua")
    assert.equal("\n", source:sub(source:find(generator.prelude, 1, true) + #generator.prelude))
    os.execute("rm -r " .. child.quote(build))
  end)

  it("is refused with bad options", function()
    assert.is_false((fuzz "--seeds 1"))
  end)
end)

describe("the reducer", function()
  it("keeps the statement that fails, and what is around it only where that is needed", function()
    local inner = { "while c do", { { "bad()" }, { "d()" } }, "end" }
    local program = { { "local x = 1" }, { "if a then", { { "b()" }, inner }, "else", { { "e()" } }, "end" } }
    local function fails(tree) return reducer.text(tree):find("bad()", 1, true) ~= nil end
    assert.equal("bad()\n", reducer.text(reducer.reduce(program, fails)))
  end)

  it("leaves what fails only as a whole", function()
    local program = { { "a()" }, { "do", { { "b()" }, { "c()" } }, "end" } }
    local source = reducer.text(program)
    assert.equal(source, reducer.text(reducer.reduce(program, function(tree) return reducer.text(tree) == source end)))
  end)
end)
