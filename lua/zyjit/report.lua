-- report.lua: the core's numbers -> what users read.
-- SPDX-License-Identifier: MIT
--
-- Knows no counter by name: the core may add one, and it is shown. A key ending in _seconds, _bytes or _share
-- says its unit.

local report = {}

local function order(a, b)
  if type(a) == type(b) then
    return a < b
  end
  return type(a) == "number"
end

-- Plain values first, then sub-tables, each in alphabetical order.
local function keys_of(t)
  local plain, nested = {}, {}
  for key, value in next, t do
    local list = type(value) == "table" and nested or plain
    list[#list + 1] = key
  end
  table.sort(plain, order)
  table.sort(nested, order)
  return table.move(nested, 1, #nested, #plain + 1, plain)
end

local function unit(key, value)
  if type(value) ~= "number" then
    return tostring(value), ""
  end
  key = tostring(key)
  if key:find "seconds$" or key:find "time$" then
    return ("%.3f"):format(value), " s"
  elseif key:find "share$" then
    return ("%.1f"):format(value * 100), " %"
  elseif key:find "bytes$" then
    return ("%.1f"):format(value / 1024), " KiB"
  elseif math.type(value) == "float" and value ~= math.floor(value) then
    return ("%.3f"):format(value), ""
  end
  return ("%.0f"):format(value), ""
end

local function collect(t, depth, lines)
  for _, key in ipairs(keys_of(t)) do
    local value = t[key]
    local name = ("  "):rep(depth) .. tostring(key):gsub("_", " ")
    if type(value) == "table" then
      if next(value) ~= nil then
        lines[#lines + 1] = { name }
        collect(value, depth + 1, lines)
      end
    else
      lines[#lines + 1] = { name, unit(key, value) }
    end
  end
  return lines
end

--- 't' as lines of names and numbers, numbers aligned.
function report.text(t)
  local lines = collect(t, 0, {})
  local left, right = 0, 0
  for _, line in ipairs(lines) do
    left = math.max(left, #line[1])
    right = math.max(right, #(line[2] or ""))
  end
  for i, line in ipairs(lines) do
    if line[2] then
      lines[i] = line[1] .. (" "):rep(left - #line[1] + right - #line[2] + 2) .. line[2] .. line[3]
    else
      lines[i] = line[1]
    end
  end
  return table.concat(lines, "\n")
end

local stats_meta = { __name = "zyjit.stats", __tostring = report.text }

function report.stats(stats)
  return setmetatable(stats, stats_meta)
end

local function heat(row)
  return (row.calls or 0) + (row.iterations or 0)
end

--- The first 'n' of 'rows' when ordered by calls plus loop iterations; equal ones stay in order of source.
function report.hottest(rows, n)
  table.sort(rows, function(a, b)
    local x, y = heat(a), heat(b)
    if x ~= y then
      return x > y
    elseif a.source ~= b.source then
      return tostring(a.source) < tostring(b.source)
    end
    return (a.line or 0) < (b.line or 0)
  end)
  return table.move(rows, 1, math.min(n, #rows), 1, {})
end

return report
