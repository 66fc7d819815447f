-- Library functions that zyjit stands in for are what they were: names, kinds, errors, levels.
local names = { "load", "loadfile", "dofile", "string.dump", "debug.sethook", "debug.setlocal", "require" }
local functions = { load, loadfile, dofile, string.dump, debug.sethook, debug.setlocal, require }
for i, f in ipairs(functions) do
  local info = debug.getinfo(f, "Su")
  print(names[i], info.what, info.short_src, info.nparams, info.isvararg, info.linedefined)
end
print(#package.searchers, debug.getinfo(package.searchers[2], "S").what)

print(pcall(load))
print(pcall(load, 1))
print(pcall(load, "return 1", "name", "x"))
print(pcall(load, "return 1", {}, "t"))
print(load("x =", "=broken"))
print(load("x = = 1", "@file.lua"))
print(load("return ...", "c", "t", nil)(5))
print(pcall(load, function()
  error "reader failed"
end))
local given = 0
print(load(function()
  given = given + 1
  return given <= 2 and 15 or nil
end))
print(load(function()
  return {}
end))
print(pcall(loadfile, {}))
print(loadfile "does/not/exist.lua")
print(pcall(dofile, "does/not/exist.lua"))
print(pcall(dofile, {}))
print(pcall(debug.sethook, 1))
print(pcall(debug.setlocal, 1))
print(pcall(debug.setlocal, 100, 1, 1))
print(pcall(debug.setlocal, 1, 100, 1))

-- Levels and tracebacks do not show more frames than there are.
local function level_of_chunk()
  return load "return debug.traceback('in a chunk')"()
end
for _ = 1, 100 do
  level_of_chunk()
end
print(level_of_chunk())
print(load("error('from chunk', 1)", "=chunk") ~= nil, pcall(load("error('from chunk', 1)", "=chunk")))
print(pcall(load("error('from caller', 2)", "=chunk")))

local reader_trace
load(function()
  if reader_trace then
    return nil
  end
  reader_trace = debug.traceback("reader")
  return "return 1"
end)
print(reader_trace)

-- dofile and loadfile of real files; a file may fail, and say where.
local path = os.tmpname()
local function write(text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end
local function clean(text)
  return (tostring(text):gsub(path:gsub("%p", "%%%0"), "FILE"))
end
write "#!/usr/bin/lua\nlocal s = 0 for i = 1, 2000 do s = s + i end return s, ..."
print(dofile(path))
print(loadfile(path)(7, 8))
print(loadfile(path, "t", {})(9))
print(clean(select(2, loadfile(path, "b"))))
write "local function f(n) if n == 0 then error 'deep' end return f(n - 1) + 1 end return f(3)"
print(clean(select(2, pcall(dofile, path))))
print(clean(select(2, xpcall(dofile, debug.traceback, path))))
write "return = 1"
print(clean(select(2, loadfile(path))))
print(clean(select(2, pcall(dofile, path))))
-- dofile can be left by a yield, and entered again.
write "local x = coroutine.yield(1) return x * 2"
local yielding = coroutine.wrap(function()
  return pcall(dofile, path)
end)
print(yielding())
print(yielding(21))
os.remove(path)

-- Hooks: gethook gives back what was set.
local function hook() end
debug.sethook(hook, "crl", 1000)
local h, mask, count = debug.gethook()
print(h == hook, mask, count)
debug.sethook()
print(debug.gethook())
local co = coroutine.create(function() end)
debug.sethook(co, hook, "c")
print(debug.gethook(co) == hook, debug.gethook() == nil)
