-- live_spec.lua: loops of functions that run when zyjit finds them, first of all the chunk that requires it.
-- SPDX-License-Identifier: MIT
--
-- Each script runs with zyjit off, which is stock Lua, and then in several ways: output, error output and status are
-- the same. What was compiled is asked for separately.

local child = dofile "spec/child.lua"

local NOW = "warm_threshold=1,hot_threshold=2,enable_background_optimization=false"
local ways = {
  ["default settings"] = {},
  ["no place for stubs"] = { ZYJIT_STRESS = "places" },
}
if child.has "llvm" then
  ways["tier 2"] = { ZYJIT_OPTIONS = NOW .. ",tiers=2,tier2_backend=llvm" }
  ways["every third guard fails"] = {
    ZYJIT_OPTIONS = NOW .. ",tiers=2,tier2_backend=llvm",
    ZYJIT_STRESS = "exits=3,seed=1"
  }
end
if child.has "gccjit" then
  ways["tier 0"] = { ZYJIT_OPTIONS = NOW .. ",tiers=0,tier0_backend=gccjit" }
end

local REQUIRE = 'local zyjit = require "zyjit"\n'

-- What the script does, without the name of its file, which changes.
local function run(code, env)
  local out, err, status = child.run(code, env)
  return { out = out:gsub("/tmp/lua_%w+", "script"), err = err:gsub("/tmp/lua_%w+", "script"), status = status }
end

local function same(code)
  local expected = run(code, { ZYJIT = "off" })
  for name, env in pairs(ways) do
    local got = run(code, env)
    assert.are.equal(expected.err, got.err, name)
    assert.are.equal(expected.out, got.out, name)
    assert.are.equal(expected.status, got.status, name)
  end
  return expected
end

local function agrees(code)
  return same(REQUIRE .. code)
end

local function prints(expected, code)
  assert.are.equal(expected, agrees(code).out)
end

-- Appended to a script: where its chunk's loops are optimized.
local TELL = [[

zyjit.wait()
for line in zyjit.explain(debug.getinfo(1, "f").func):gmatch "from the loop at line (%d+): optimized" do
  io.write(line, " ")
end
]]

describe("a chunk that requires zyjit", function()
  it("has its loops compiled", function()
    if not child.has "llvm" then return pending "needs the back end llvm" end
    local code = [[
local s = 0
for i = 1, 20000 do
  s = s + i % 7
end
local n = 0
while n < 20000 do
  n = n + 1
end
repeat
  n = n - 1
until n == 0
for i = 1.0, 3.0, 0.001 do
  s = s + i
end
print(s > 0, n)
]]
    assert.are.equal("true\t0\n3 8 12 13 ", run(REQUIRE .. code .. TELL, ways["tier 2"]).out)
    assert.are.equal("true\t0\n", run(REQUIRE .. code .. TELL, ways["no place for stubs"]).out)
    agrees(code)
  end)

  it("says what it is", function()
    local code = [[
local f = debug.getinfo(1, "f").func
for i = 1, 10 do end
print((zyjit.explain(f):gsub("^[^\n]*", "")))
print(zyjit.tier(f), zyjit.optimize(f))
]]
    local out = run(REQUIRE .. code, {}).out
    assert.is_truthy(out:find("it was running when it was found: only its loops are compiled", 1, true))
    assert.is_truthy(out:find("interpreter\tnil\t", 1, true))
    local reason = "it was running when zyjit was loaded"
    assert.is_truthy(run(REQUIRE .. code, ways["no place for stubs"]).out:find(reason, 1, true))
  end)

  it("is attached once it has ended", function()
    local code = [[
local f
function f(first)
  local zyjit = first and require "zyjit"
  local s = 0
  for i = 1, 5000 do s = s + i end
  if first then print(zyjit.explain(f):find "only its loops" ~= nil) end
  return s
end
local g = f
print(g(true))
collectgarbage()
print(require "zyjit".explain(g):find "only its loops")
print(g(), g())
]]
    local out, err, status = child.run(code, {})
    assert.are.equal("", err)
    assert.are.equal("true\n12502500\nnil\n12502500\t12502500\n", out)
    assert.are.equal(0, status)
  end)

  it("finds what the values of a loop change to", function()
    prints("12502500\n37502500.0\nxxxxx\n", [[
local s = 0
for i = 1, 10000 do
  if i == 5001 then print(s) s = s + 0.0 end
  s = s + (i <= 5000 and i or 5000 + (i - 5000) * 0)
end
print(s)
local t, n = { 1, 2, 3 }, 0
while #t < 3000 do
  t[#t + 1] = n
  n = n + 1
  if n == 2000 then setmetatable(t, { __index = function() return "x" end }) end
end
print(t[5000] .. t[5001] .. t[-1] .. t.a .. t[1.5])
]])
  end)

  it("passes its arguments and open values on", function()
    prints("3\t6\t30000\n", [[
local a = select("#", ...)
local sum, all = 0, function(...) local n = 0 for i = 1, select("#", ...) do n = n + (select(i, ...)) end return n end
local function many() return 1, 2, 3 end
for i = 1, 5000 do
  sum = sum + all(many())
  local t = { many() }
  if #t ~= 3 or select("#", ...) ~= a then error "values" end
end
print(#{ many() }, all(many()), sum)
]])
  end)

  it("raises errors where it raises them", function()
    local seen = agrees [[
local t = { x = 1 }
local function step(i)
  if i == 4000 then
    t.x = nil
  end
end
for i = 1, 5000 do
  step(i)
  t.x = t.x + 1
end
]]
    assert.is_truthy(seen.err:find("script:10: attempt to perform arithmetic on a nil value (field 'x')", 1, true))
    assert.are.equal(1, seen.status)
    agrees [[
local n = 0
while true do
  n = n + 1
  local ok, message = pcall(function(i) if i % 1000 == 0 then error("at " .. i) end end, n)
  if not ok then print(message) end
  local s = n
  if n > 3000 then
    s = s .. undefined
  end
end
]]
  end)

  it("shows its callees the frame as it is", function()
    agrees [[
local function look(i)
  if i % 1000 ~= 0 then return end
  local info = debug.getinfo(2, "lSn")
  print(info.currentline, info.what, info.name, debug.traceback("here", 1))
  for n = 1, 20 do
    local name, value = debug.getlocal(2, n)
    if name and type(value) ~= "function" and type(value) ~= "table" then print(n, name, value) end
  end
end
local total = 0
for i = 1, 4000 do
  local twice = i * 2
  look(i)
  total = total + twice
  do
    local inner = i
    look(inner + 500)
    total = total + inner - i
  end
  total = total - twice + i * 2
end
local change = function(i) if i == 2500 then print(debug.setlocal(2, 3, 1000000)) end end
for i = 1, 3000 do
  total = total + 1
  change(i)
end
print(total)
]]
  end)

  it("is followed by hooks", function()
    agrees [[
local lines, n = {}, 0
for round = 1, 3 do
  local s = 0
  for i = 1, 3000 do
    if i == 2990 then
      debug.sethook(function(_, line) lines[#lines + 1] = line end, "l")
    end
    s = s + i
  end
  debug.sethook()
  print(s, #lines, table.concat(lines, " "))
  lines = {}
end
local i = 0
debug.sethook(function() n = n + 1 end, "", 100)
while i < 5000 do
  i = i + 1
  if i == 1000 then debug.sethook() end
end
print(n > 10, i)
local sethook = debug.sethook
]]
  end)

  it("gives its original bytecode", function()
    agrees [[
local f = debug.getinfo(1, "f").func
local before = string.dump(f)
for i = 1, 3000 do
  if i % 500 == 0 then print(string.dump(f) == before, string.dump(f, true) == string.dump(f, true)) end
end
print(#before, load(before, "again", "b") ~= nil)
local lines = {}
for line in pairs(debug.getinfo(f, "L").activelines) do lines[#lines + 1] = line end
table.sort(lines)
print(table.concat(lines, " "))
]]
  end)

  it("lives with collections and finalizers", function()
    agrees [[
local count, keep = 0, {}
local mt = { __gc = function() count = count + 1 end }
for i = 1, 3000 do
  setmetatable({}, mt)
  keep[i % 10] = { i }
  if i % 300 == 0 then collectgarbage() end
  if i % 500 == 0 then collectgarbage(i % 1000 == 0 and "generational" or "incremental") end
end
collectgarbage() collectgarbage()
print(count >= 2999)
local s = 0
for i = 1, 3000 do
  s = s + #tostring(i)
end
print(s)
]]
  end)

  it("can be switched off and on in a loop", function()
    agrees [[
local f, s = debug.getinfo(1, "f").func, 0
for i = 1, 5000 do
  s = s + i
  if i == 1000 then zyjit.off() elseif i == 1500 then zyjit.on() end
  if i == 2000 then zyjit.flush() elseif i == 2500 then zyjit.off(f) elseif i == 3000 then zyjit.on(f) end
  if i == 3500 then zyjit.deoptimize(f) elseif i == 4000 then zyjit.on(f) elseif i == 4500 then zyjit.shutdown() end
end
print(s)
]]
  end)

  it("may exit in a loop, with the state closed", function()
    agrees [[
local mark = setmetatable({}, { __gc = function() local n = 0 for i = 1, 1000 do n = n + i end print("end", n) end })
local s <const> = setmetatable({}, { __close = function() print "closed" end })
for i = 1, 3000 do
  local x <close> = i > 2998 and s or nil
  if i == 3000 then os.exit(3, true) end
end
]]
  end)
end)

describe("other functions that run", function()
  it("are compiled in coroutines, some frames each", function()
    same [[
local function gen(n)
  local s = 0
  for round = 1, 4 do
    for i = 1, 1000 do s = s + i * n end
    local j = 0
    while j < 1000 do
      j = j + 1
      if j == 500 then coroutine.yield(s) end
    end
  end
  return "end"
end
local function deep(n, f)
  local s = 0
  for i = 1, 100 do
    s = s + i
    if i == 50 and n > 0 then s = s + deep(n - 1, f) elseif i == 50 then f() end
  end
  return s
end
local t = {}
for i = 1, 8 do t[i] = coroutine.wrap(gen) t[i](i) end
print(deep(30, function() require "zyjit" end))
for round = 1, 3 do
  for i = 1, 8 do io.write(t[i](), " ") end
  collectgarbage()
end
for i = 1, 8 do io.write(t[i](), " ") end
print(deep(30, collectgarbage))
local broken = coroutine.create(function()
  local a
  for i = 1, 2000 do if i == 1999 then a = a + i end end
end)
local ok, message = coroutine.resume(broken)
print(ok, (message:gsub("^.-:", "")), #debug.traceback(broken) > 0)
collectgarbage()
]]
  end)

  it("are compiled when they are many, and forgotten when they have ended", function()
    local out = same([[
local co = {}
for i = 1, 150 do
  co[i] = coroutine.wrap(load(([=[
    local s = %d
    for round = 1, 3 do
      for i = 1, 500 do s = s + i %% 5 end
      coroutine.yield(s)
    end
    return 0]=]):format(i), "=co" .. i))
  co[i]()
end
local zyjit = require "zyjit"
local sum = 0
for round = 1, 3 do
  for i = 1, 150 do sum = sum + co[i]() end
end
co = nil
collectgarbage() collectgarbage()
local left = 0
for _, f in ipairs(zyjit.functions()) do
  if f.name:find "^co" then left = left + 1 end
end
print(sum, left)
]]).out
    assert.is_truthy(out:find "\t0\n$")
  end)

  it("are compiled in chunks that dofile runs", function()
    same [[
local name = os.tmpname()
local file = assert(io.open(name, "w"))
file:write 'require "zyjit" local s = 0 for i = 1, 5000 do s = s + i if i == 4999 then error("at " .. s) end end'
file:close()
print((select(2, pcall(dofile, name)):gsub("^.-:", "")))
collectgarbage()
print((select(2, pcall(dofile, name)):gsub("^.-:", "")))
os.remove(name)
]]
  end)

  it("leave those alone that do not, over collections of the young", function()
    local out, err = child.run([[
local function f(n) local s = 0 for i = 1, n do s = s + i end return s end
for i = 1, 10 do collectgarbage "generational" collectgarbage "step" end
local zyjit = require "zyjit"
local source = debug.getinfo(1, "S").short_src
local function known()
  for _, row in ipairs(zyjit.functions()) do if row.source == source and row.line == 1 then return true end end
  return false
end
for i = 1, 30 do
  if not known() then print("forgotten in step", i) break end
  collectgarbage "step"
end
print(known(), f(10))
]], {})
    assert.are.equal("", err)
    assert.are.equal("true\t55\n", out)
  end)

  it("have captured variables when zyjit checks the state", function()
    local out, err = child.run([[
local n = 0
local function count() n = n + 1 end
local zyjit = require "zyjit"
for i = 1, 100 do count() end
print(n, zyjit.explain(count):find "layout")
]], {})
    assert.are.equal("", err)
    assert.are.equal("100\tnil\n", out)
  end)

  -- lua5.4 sets a hook in the handler of the signal
  it("end for an interrupt, though they call nothing", function()
    local expected = same(REQUIRE .. [[
local function spin(t)
  local i = 0
  while true do
    i = i + 1
    t[1] = i
  end
end
local pid = io.open "/proc/self/stat":read "n"
os.execute(("(sleep 1; kill -INT %d) &"):format(pid))
local t = { 0 }
local ok, message = pcall(spin, t)
print(ok, message:match "interrupted!$", t[1] > 0)
]])
    assert.are.equal("false\tinterrupted!\ttrue\n", expected.out)
  end)
end)
