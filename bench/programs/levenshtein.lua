-- Distances between words: Levenshtein's, the longest common subsequence, and a spelling corrector.
local byte, min = string.byte, math.min

local function levenshtein(a, b)
  local n = #b
  local row = {}
  for j = 0, n do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal, code = row[0], byte(a, i)
    row[0] = i
    for j = 1, n do
      local above = row[j]
      local cost = byte(b, j) == code and 0 or 1
      row[j] = min(above + 1, row[j - 1] + 1, diagonal + cost)
      diagonal = above
    end
  end
  return row[n]
end

local function common_subsequence(a, b)
  local lengths = {}
  for i = 0, #a do
    lengths[i] = { [0] = 0 }
  end
  for j = 1, #b do
    lengths[0][j] = 0
  end
  for i = 1, #a do
    local above, row = lengths[i - 1], lengths[i]
    for j = 1, #b do
      if a:sub(i, i) == b:sub(j, j) then
        row[j] = above[j - 1] + 1
      elseif above[j] >= row[j - 1] then
        row[j] = above[j]
      else
        row[j] = row[j - 1]
      end
    end
  end
  local result, i, j = {}, #a, #b
  while i > 0 and j > 0 do
    if a:sub(i, i) == b:sub(j, j) then
      table.insert(result, 1, a:sub(i, i))
      i, j = i - 1, j - 1
    elseif lengths[i - 1][j] >= lengths[i][j - 1] then
      i = i - 1
    else
      j = j - 1
    end
  end
  return table.concat(result)
end

local seed = 31
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n + 1
end

local syllables = { "ba", "lo", "ker", "mi", "stra", "nu", "ven", "do", "pla", "rit" }

local function random_word()
  local parts = {}
  for i = 1, random(3) + 1 do
    parts[i] = syllables[random(#syllables)]
  end
  return table.concat(parts)
end

local function misspell(word)
  local at = random(#word)
  local letter = string.char(96 + random(26))
  return word:sub(1, at - 1) .. letter .. word:sub(at + random(2))
end

local n = tonumber(arg and arg[1]) or 800
local words = {}
for i = 1, 400 do
  words[i] = random_word()
end

local corrected, total = 0, 0
for i = 1, n do
  local word = words[i % #words + 1]
  local wrong = misspell(word)
  local best, best_distance = nil, math.huge
  for _, candidate in ipairs(words) do
    local distance = levenshtein(wrong, candidate)
    if distance < best_distance then
      best, best_distance = candidate, distance
    end
  end
  total = total + best_distance
  if best == word then
    corrected = corrected + 1
  end
end
print(string.format("%d of %d corrected, distance %d", corrected, n, total))

local a, b = table.concat(words, "", 1, 120), table.concat(words, "", 121, 240)
print(string.format("%d", levenshtein(a, b)))
local common = common_subsequence(a, b)
print(string.format("%d %s", #common, common:sub(1, 40)))
print(string.format("%d", levenshtein("kitten", "sitting")))
