-- A table of records written as text, taken apart again, and counted by words: string library and hash tables.
local concat, format, byte, sub = table.concat, string.format, string.byte, string.sub

local words = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta" }

local function write(n)
  local lines = {}
  for i = 1, n do
    local word = words[i % #words + 1]
    lines[#lines + 1] = format("%d,%s,%s-%d", i, word, word:upper(), i * 7 % 1000)
  end
  return concat(lines, "\n")
end

local function split(line, separator)
  local fields, from = {}, 1
  local code = byte(separator)
  for i = 1, #line do
    if byte(line, i) == code then
      fields[#fields + 1] = sub(line, from, i - 1)
      from = i + 1
    end
  end
  fields[#fields + 1] = sub(line, from)
  return fields
end

local function parse(text)
  local counts, sum = {}, 0
  for line in text:gmatch("[^\n]+") do
    local fields = split(line, ",")
    sum = sum + tonumber(fields[1])
    local name, number = fields[3]:match("^(%u+)%-(%d+)$")
    counts[name] = (counts[name] or 0) + tonumber(number)
    counts[fields[2]] = (counts[fields[2]] or 0) + 1
  end
  return counts, sum
end

local function hash(text)
  local h = 5381
  for i = 1, #text do
    h = (h * 33 + byte(text, i)) % 4294967296
  end
  return h
end

local n = tonumber(arg and arg[1]) or 120000
local total = 0
for round = 1, 5 do
  local text = write(n + round)
  local counts, sum = parse(text)
  total = (total + hash(text) + sum) % 4294967296
  for _, word in ipairs(words) do
    total = (total + counts[word] + counts[word:upper()]) % 4294967296
  end
end
print(format("%.0f", total))
