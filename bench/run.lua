-- run.lua: bench/programs -> a table of times on stock Lua, zyjit and LuaJIT.
-- SPDX-License-Identifier: MIT
--
-- lua5.4 bench/run.lua [options] [program ...]; --help lists the options. Interpreters take turns, so that a
-- busy moment of the machine hits all of them; of several repetitions the best counts. Times are those of
-- whole processes, compilation included. Every output is compared with stock Lua's, byte by byte; the exit
-- status says whether all were equal.

local here = arg[0]:match "^(.*)/" or "."

local function clock()
  local ok, system = pcall(require, "system")
  if ok and system.monotime then
    return system.monotime
  end
  return function()
    local pipe = assert(io.popen "date +%s.%N")
    local now = tonumber(pipe:read "a")
    pipe:close()
    return now
  end
end
local now = clock()

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then
    file:close()
  end
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local function available(command)
  return (os.execute("command -v " .. quote(command) .. " >/dev/null 2>&1"))
end

local USAGE = [[
usage: lua5.4 bench/run.lua [options] [program ...]
  --repeat N     run each N times, the best counts (3)
  --lua CMD      the stock interpreter (lua5.4)
  --luajit CMD   LuaJIT (luajit); "" leaves it out
  --csv FILE     write the numbers there, too
]]

local options = { ["repeat"] = "3", lua = "lua5.4", luajit = "luajit", csv = nil }
local names = {}
do
  local i = 1
  while arg[i] do
    local key = arg[i]:match "^%-%-(%a+)$"
    if key == "help" then
      io.write(USAGE)
      os.exit(0)
    elseif key == "repeat" or key == "lua" or key == "luajit" or key == "csv" then
      options[key] = arg[i + 1]
      i = i + 1
    elseif arg[i]:sub(1, 1) == "-" then
      io.stderr:write("run.lua: unknown option ", arg[i], "\n", USAGE)
      os.exit(2)
    else
      names[#names + 1] = arg[i]
    end
    i = i + 1
  end
end
local repetitions = math.tointeger(tonumber(options["repeat"]))
if not repetitions or repetitions < 1 then
  io.stderr:write "run.lua: --repeat expects a positive integer\n"
  os.exit(2)
end

-- In the order of the table: those that mostly compute first.
local NUMERIC = { "nbody", "spectral_norm", "fannkuch", "mandelbrot", "matmul", "nqueens", "sieve" }
local GENERAL = { "fib", "ackermann", "binary_trees", "string_build", "objects", "closures", "coroutines" }
local is_numeric = {}
for _, name in ipairs(NUMERIC) do
  is_numeric[name] = true
end
if #names == 0 then
  table.move(NUMERIC, 1, #NUMERIC, 1, names)
  table.move(GENERAL, 1, #GENERAL, #names + 1, names)
end
for i, name in ipairs(names) do
  names[i] = name:match "([^/]+)%.lua$" or name
  if not read(("%s/programs/%s.lua"):format(here, names[i])) then
    io.stderr:write("run.lua: no program is called ", names[i], "\n")
    os.exit(2)
  end
end

local report_file, output_file, error_file = os.tmpname(), os.tmpname(), os.tmpname()

local function finish(status)
  os.remove(report_file)
  os.remove(output_file)
  os.remove(error_file)
  os.exit(status, true)
end

-- Seconds, output and how it ended, of one run.
local function run(command)
  local full = ("%s >%s 2>%s"):format(command, quote(output_file), quote(error_file))
  local start = now()
  local _, how, status = os.execute(full)
  local seconds = now() - start
  if how == "signal" and status == 2 then
    finish(130)
  end
  return seconds, read(output_file) .. "\0" .. read(error_file) .. ("\0%s %d"):format(how, status)
end

local TIERS = { "optimized", "standard", "baseline", "interpreter" }

local function tiers_text(report)
  if not report then
    return "no report"
  elseif not report.on then
    return "off: " .. tostring(report.reason)
  end
  local parts = {}
  for _, tier in ipairs(TIERS) do
    if report.tiers[tier] then
      parts[#parts + 1] = report.tiers[tier] .. " " .. tier
    end
  end
  return table.concat(parts, ", ")
end

local function mean(list)
  local sum = 0
  for _, value in ipairs(list) do
    sum = sum + math.log(value)
  end
  return #list > 0 and math.exp(sum / #list) or nil
end

-- --- Measuring ---

local has_luajit = options.luajit ~= "" and available(options.luajit)
if not available(options.lua) then
  io.stderr:write("run.lua: ", options.lua, " not found\n")
  finish(2)
end

local HEADER = { "program", "stock s", "zyjit s", "ratio", "LuaJIT s", "ratio", "exits", "tiers reached" }
local FORMAT = "%-17s %8s %8s %7s %9s %7s %9s  %s\n"
local function line(...)
  io.write((FORMAT:format(...):gsub(" +\n$", "\n")))
  io.flush()
end
local function seconds_text(seconds)
  return seconds and ("%.3f"):format(seconds) or "-"
end
local function ratio_text(ratio)
  return ratio and ("%.2f"):format(ratio) or "-"
end

local ratios = { zyjit = {}, luajit = {}, zyjit_numeric = {}, luajit_numeric = {} }
local csv = { "program,stock_seconds,zyjit_seconds,luajit_seconds,exits" }
local failures = {}

line(table.unpack(HEADER))
for _, name in ipairs(names) do
  local program = quote(("%s/programs/%s.lua"):format(here, name))
  local commands = {
    stock = options.lua .. " " .. program,
    zyjit = ("%s %s %s %s"):format(options.lua, quote(here .. "/child.lua"), quote(report_file), program),
    luajit = has_luajit and options.luajit .. " " .. program or nil,
  }
  local best, expected = {}, nil
  write(report_file, "")
  for _ = 1, repetitions do
    for _, which in ipairs { "stock", "zyjit", "luajit" } do
      if commands[which] then
        local seconds, result = run(commands[which])
        best[which] = math.min(best[which] or math.huge, seconds)
        if which == "stock" then
          expected = result
        elseif result ~= expected and which == "zyjit" then
          failures[name] = { expected = expected, result = result }
        elseif result ~= expected then
          commands.luajit, best.luajit = nil, nil
        end
      end
    end
  end
  local chunk = load(read(report_file) or "", "=report", "t", {})
  local report = chunk and chunk()
  local ratio = best.stock / best.zyjit
  local ratio_luajit = best.luajit and best.stock / best.luajit
  if not failures[name] then
    table.insert(ratios.zyjit, ratio)
    table.insert(ratios.luajit, ratio_luajit)
    if is_numeric[name] then
      table.insert(ratios.zyjit_numeric, ratio)
      table.insert(ratios.luajit_numeric, ratio_luajit)
    end
  end
  csv[#csv + 1] = ("%s,%.4f,%.4f,%s,%s"):format(name, best.stock, best.zyjit,
    best.luajit and ("%.4f"):format(best.luajit) or "", report and report.exits or "")
  line(name .. (is_numeric[name] and " *" or ""), seconds_text(best.stock), seconds_text(best.zyjit),
    ratio_text(ratio), seconds_text(best.luajit), ratio_text(ratio_luajit), report and report.exits or "-",
    failures[name] and "OUTPUT DIFFERS" or tiers_text(report))
end
line("geometric mean", "", "", ratio_text(mean(ratios.zyjit)), "", ratio_text(mean(ratios.luajit)), "", "")
if #ratios.zyjit_numeric > 0 then
  line("  of those with *", "", "", ratio_text(mean(ratios.zyjit_numeric)), "",
    ratio_text(mean(ratios.luajit_numeric)), "", "")
end
io.write "\nratio: times as fast as stock Lua, compilation included; * mostly numeric"
io.write(repetitions > 1 and ("; best of %d\n"):format(repetitions) or "\n")
if not has_luajit and options.luajit ~= "" then
  io.write(options.luajit, " is not installed: no comparison with LuaJIT\n")
end

if options.csv then
  write(options.csv, table.concat(csv, "\n") .. "\n")
end

local status = 0
for _, name in ipairs(names) do
  local failure = failures[name]
  if failure then
    status = 1
    local function shown(result)
      return (result:sub(-400):gsub("%z", "\n  | "))
    end
    io.stderr:write(name, ": output differs\n  stock: ", shown(failure.expected), "\n  zyjit: ",
      shown(failure.result), "\n")
  end
end
finish(status)
