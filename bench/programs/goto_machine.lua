-- State machines with goto: numbers recognized in a text, comments removed, a loop with continue.
local byte = string.byte

-- Counts the whole numbers, the numbers with a fraction, and the words of a text.
local function classify(text)
  local at, whole, fractions, words = 0, 0, 0, 0
  local code

  ::start::
  at = at + 1
  code = byte(text, at)
  if not code then
    return whole, fractions, words
  elseif code >= 48 and code <= 57 then
    goto digits
  elseif code >= 97 and code <= 122 then
    goto word
  end
  goto start

  ::digits::
  at = at + 1
  code = byte(text, at)
  if code and code >= 48 and code <= 57 then
    goto digits
  elseif code == 46 then
    goto fraction
  elseif code and code >= 97 and code <= 122 then
    goto word
  end
  whole = whole + 1
  goto start

  ::fraction::
  at = at + 1
  code = byte(text, at)
  if code and code >= 48 and code <= 57 then
    goto fraction
  end
  fractions = fractions + 1
  goto start

  ::word::
  at = at + 1
  code = byte(text, at)
  if code and (code >= 97 and code <= 122 or code >= 48 and code <= 57) then
    goto word
  end
  words = words + 1
  goto start
end

-- The length of a text without its /* comments */ and "strings".
local function strip(text)
  local kept = 0
  local at = 1
  while true do
    local code = byte(text, at)
    if not code then
      break
    end
    if code == 34 then
      repeat
        at = at + 1
        code = byte(text, at)
        if code == 92 then
          at = at + 1
        end
      until code == 34 or not code
      goto continue
    end
    if code == 47 and byte(text, at + 1) == 42 then
      at = at + 2
      while byte(text, at) do
        if byte(text, at) == 42 and byte(text, at + 1) == 47 then
          at = at + 1
          goto continue
        end
        at = at + 1
      end
      goto continue
    end
    kept = kept + 1
    ::continue::
    at = at + 1
  end
  return kept
end

-- The Pythagorean triples up to a limit: leaves two loops at once.
local function triples(limit)
  local count, sum = 0, 0
  for a = 1, limit do
    for b = a + 1, limit do
      local square = a * a + b * b
      local c = math.floor(square ^ 0.5)
      if c > limit then
        goto next_a
      end
      if c * c ~= square then
        goto next_b
      end
      count = count + 1
      sum = sum + a + b + c
      ::next_b::
    end
    ::next_a::
  end
  return count, sum
end

local parts = {}
for i = 1, 2000 do
  parts[i] = string.format('x%d = %d + %d.%d /* note %d */ "text \\" %d" 7up ', i, i, i, i % 100, i, i)
end
local text = table.concat(parts, "\n")

local rounds = tonumber(arg and arg[1]) or 170
local whole, fractions, words, kept = 0, 0, 0, 0
for _ = 1, rounds do
  local a, b, c = classify(text)
  whole, fractions, words = whole + a, fractions + b, words + c
  kept = kept + strip(text)
end
print(string.format("%d %d %d %d", whole, fractions, words, kept))
print(string.format("%d %d", triples(rounds * 20)))
