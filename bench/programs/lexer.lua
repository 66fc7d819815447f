-- A lexer for a small language, by characters: names, numbers, strings, comments, operators.
local byte, sub = string.byte, string.sub

local keywords = {}
for word in ("and do else end for function if local not or return then while"):gmatch("%a+") do
  keywords[word] = true
end

local DIGIT, LETTER, SPACE = 1, 2, 3
local classes = {}
for code = 0, 255 do
  local c = string.char(code)
  if c:find("^%d") then
    classes[code] = DIGIT
  elseif c:find("^[%a_]") then
    classes[code] = LETTER
  elseif c:find("^%s") then
    classes[code] = SPACE
  end
end

local Lexer = {}
Lexer.__index = Lexer

function Lexer.new(source)
  return setmetatable({ source = source, at = 1, line = 1 }, Lexer)
end

function Lexer:skip_blanks()
  local source, at = self.source, self.at
  while true do
    local code = byte(source, at)
    if code == 10 then
      self.line = self.line + 1
      at = at + 1
    elseif code and classes[code] == SPACE then
      at = at + 1
    elseif code == 45 and byte(source, at + 1) == 45 then
      at = source:find("\n", at, true) or #source + 1
    else
      self.at = at
      return code
    end
  end
end

function Lexer:name()
  local source, from = self.source, self.at
  local at = from + 1
  local class = classes[byte(source, at)]
  while class == LETTER or class == DIGIT do
    at = at + 1
    class = classes[byte(source, at)]
  end
  self.at = at
  local text = sub(source, from, at - 1)
  return keywords[text] and "keyword" or "name", text
end

function Lexer:number()
  local source, at, value = self.source, self.at, 0
  local code = byte(source, at)
  while code and classes[code] == DIGIT do
    value = value * 10 + code - 48
    at = at + 1
    code = byte(source, at)
  end
  if code == 46 then
    local scale = 1
    at = at + 1
    code = byte(source, at)
    while code and classes[code] == DIGIT do
      scale = scale / 10
      value = value + (code - 48) * scale
      at = at + 1
      code = byte(source, at)
    end
  end
  self.at = at
  return "number", value
end

function Lexer:string()
  local source, from = self.source, self.at + 1
  local at = from
  while byte(source, at) ~= 34 do
    if at > #source then
      error("line " .. self.line .. ": unfinished string")
    end
    at = at + (byte(source, at) == 92 and 2 or 1)
  end
  self.at = at + 1
  return "string", sub(source, from, at - 1)
end

function Lexer:operator(code)
  local following = byte(self.source, self.at + 1)
  local length = 1
  if following == 61 and (code == 60 or code == 61 or code == 62 or code == 126) then
    length = 2
  end
  local from = self.at
  self.at = from + length
  return "operator", sub(self.source, from, from + length - 1)
end

function Lexer:next()
  local code = self:skip_blanks()
  if not code then
    return nil
  end
  local class = classes[code]
  if class == LETTER then
    return self:name()
  elseif class == DIGIT then
    return self:number()
  elseif code == 34 then
    return self:string()
  end
  return self:operator(code)
end

local sample = [[
-- A function of the sample
local function area_%d(width, height)
  if width <= 0 or height <= 0 then return 0.25 end
  local name_1 = "a \"rectangle\" of " + width -- and a comment
  while width ~= %d do width = width - 1 end
  return width * height / 3.125
end
]]

local n = tonumber(arg and arg[1]) or 75000
local parts = {}
for i = 1, n do
  parts[i] = sample:format(i, i * 3)
end

local lexer = Lexer.new(table.concat(parts))
local counts = { keyword = 0, name = 0, number = 0, string = 0, operator = 0 }
local sum, characters = 0, 0
for kind, value in lexer.next, lexer do
  counts[kind] = counts[kind] + 1
  if kind == "number" then
    sum = sum + value
  else
    characters = characters + #value
  end
end
for _, kind in ipairs({ "keyword", "name", "number", "string", "operator" }) do
  print(string.format("%s: %d", kind, counts[kind]))
end
print(string.format("%d lines, %d characters, %.3f", lexer.line - 1, characters, sum))
