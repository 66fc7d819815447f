-- The log of a server taken apart by patterns, counted, summed and sorted into a report.
local methods = { "GET", "GET", "GET", "POST", "PUT", "DELETE" }
local paths = { "/", "/index.html", "/images/logo.png", "/api/users", "/api/orders", "/about", "/search" }
local statuses = { 200, 200, 200, 200, 301, 304, 404, 500 }

local seed = 5
local function pick(list)
  seed = (seed * 16807) % 2147483647
  return list[seed % #list + 1]
end

local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end

local function make_log(n)
  local lines = {}
  for i = 1, n do
    local path = pick(paths)
    if path == "/search" then
      path = path .. "?q=word" .. random(50) .. "&page=" .. random(9)
    end
    lines[i] = string.format('10.0.%d.%d - - [%02d/Mar/2024:%02d:%02d:%02d +0000] "%s %s HTTP/1.1" %d %d "%s"',
      random(4), random(250), i % 28 + 1, random(24), random(60), random(60), pick(methods), path, pick(statuses),
      random(20000), i % 5 == 0 and "curl/8.0" or "Mozilla/5.0 (X11; Linux x86_64)")
  end
  return table.concat(lines, "\n") .. "\n"
end

local LINE = '^(%S+) %S+ %S+ %[(%d+)/(%a+)/(%d+):(%d+):[^%]]+%] "(%u+) (%S+) [^"]*" (%d+) (%d+) "([^"]*)"$'

local function count(map, key, amount)
  map[key] = (map[key] or 0) + (amount or 1)
end

local function analyse(log)
  local report = { hosts = {}, hours = {}, paths = {}, bytes = {}, statuses = {}, words = {}, agents = {}, bad = 0 }
  for line in log:gmatch("[^\n]+") do
    local host, _, _, _, hour, method, url, status, bytes, agent = line:match(LINE)
    if host then
      local path, query = url:match("^([^?]*)%??(.*)$")
      count(report.hosts, host)
      count(report.hours, tonumber(hour))
      count(report.paths, method .. " " .. path)
      count(report.bytes, path, tonumber(bytes))
      count(report.statuses, status:sub(1, 1) .. "xx")
      count(report.agents, (agent:match("^%a+"):lower()))
      for key, value in query:gmatch("(%w+)=(%w+)") do
        if key == "q" then
          count(report.words, value)
        end
      end
    else
      report.bad = report.bad + 1
    end
  end
  return report
end

local function top(map, n)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if map[a] ~= map[b] then
      return map[a] > map[b]
    end
    return a < b
  end)
  local parts = {}
  for i = 1, math.min(n, #keys) do
    parts[i] = string.format("%s: %d", keys[i], map[keys[i]])
  end
  return #keys .. " (" .. table.concat(parts, ", ") .. ")"
end

local n = tonumber(arg and arg[1]) or 200000
local report = analyse(make_log(n) .. "this line is broken\n")
for _, name in ipairs({ "hosts", "hours", "paths", "bytes", "statuses", "words", "agents" }) do
  print(name .. " " .. top(report[name], 3))
end
print(string.format("bad lines: %d", report.bad))
