-- child.lua: a script, its environment -> what a process of its own prints with it, and how it ends.
-- SPDX-License-Identifier: MIT
--
-- What native code does is tested in child processes: a crash then fails one test, and not the run.

local lfs = require "lfs"

local child = {}

local source = debug.getinfo(1, "S").source:match "^@(.*)/spec/child%.lua$" or "."
child.root = source:sub(1, 1) == "/" and source or lfs.currentdir() .. "/" .. source
child.build = os.getenv "ZYJIT_BUILD" or child.root .. "/build"

function child.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

function child.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

function child.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- Whether the back end of that name was built.
function child.has(backend)
  return lfs.attributes(child.build .. "/zyjit/" .. (backend == "llvm" and "llvm.so" or backend)) ~= nil
end

--- Whether there is a build with checks that releases do without.
function child.has_debug()
  return lfs.attributes(child.build .. "/debug/zyjit/core.so") ~= nil
end

--- Assignments for a shell that make lua5.4 find this tree's zyjit, then those of 'env'. Settings in the
--- environment of the test run are not the tests'. 'build' is where core.so is, if not with the others.
function child.environment(env, build)
  local words = { "ZYJIT= ZYJIT_OPTIONS= ZYJIT_STRESS= LUA_INIT=" }
  words[2] = "LUA_PATH=" .. child.quote(child.root .. "/lua/?.lua;;")
  words[3] = "LUA_CPATH=" .. child.quote((build or child.build) .. "/?.so;;")
  for key, value in pairs(env or {}) do
    words[#words + 1] = key .. "=" .. child.quote(value)
  end
  return table.concat(words, " ")
end

--- Runs Lua source with arguments for lua5.4 before it (like "-lzyjit"): stdout, stderr, exit status (a number
--- above 128: a signal).
function child.run(code, env, arguments)
  local file, out, err = os.tmpname(), os.tmpname(), os.tmpname()
  child.write(file, code)
  local _, how, status = os.execute(("%s timeout 120 lua5.4 %s %s >%s 2>%s"):format(child.environment(env),
    arguments or "", file, out, err))
  local stdout, stderr = child.read(out), child.read(err)
  os.remove(file)
  os.remove(out)
  os.remove(err)
  return stdout, stderr, how == "signal" and 128 + status or status
end

return child
