-- JSON written and read: recursion over values, strings put together and taken apart.
local escapes = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\b"] = "\\b", ["\f"] = "\\f",
}
local unescapes = { n = "\n", r = "\r", t = "\t", b = "\b", f = "\f" }
local null = {}

local encode_value

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return escapes[c] or string.format("\\u%04x", c:byte())
  end) .. '"'
end

local function encode_array(array, out)
  out[#out + 1] = "["
  for i, value in ipairs(array) do
    if i > 1 then
      out[#out + 1] = ","
    end
    encode_value(value, out)
  end
  out[#out + 1] = "]"
end

local function encode_object(object, out)
  local keys = {}
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  out[#out + 1] = "{"
  for i, key in ipairs(keys) do
    out[#out + 1] = (i > 1 and "," or "") .. quote(key) .. ":"
    encode_value(object[key], out)
  end
  out[#out + 1] = "}"
end

function encode_value(value, out)
  local kind = type(value)
  if value == null then
    out[#out + 1] = "null"
  elseif kind == "table" then
    if #value > 0 or next(value) == nil then
      encode_array(value, out)
    else
      encode_object(value, out)
    end
  elseif kind == "string" then
    out[#out + 1] = quote(value)
  elseif kind == "number" then
    out[#out + 1] = string.format("%.14g", value)
  else
    out[#out + 1] = tostring(value)
  end
end

local function encode(value)
  local out = {}
  encode_value(value, out)
  return table.concat(out)
end

local decode_value

local function fail(text, at)
  error(string.format("unexpected %q at %d", text:sub(at, at), at))
end

local function skip(text, at)
  return text:match("^%s*()", at)
end

local function decode_string(text, at)
  local parts = {}
  at = at + 1
  while true do
    local plain, after = text:match('^([^"\\]*)()', at)
    parts[#parts + 1] = plain
    local c = text:sub(after, after)
    if c == '"' then
      return table.concat(parts), after + 1
    elseif c ~= "\\" then
      fail(text, after)
    end
    local escaped = text:sub(after + 1, after + 1)
    if escaped == "u" then
      parts[#parts + 1] = string.char(tonumber(text:sub(after + 2, after + 5), 16))
      at = after + 6
    else
      parts[#parts + 1] = unescapes[escaped] or escaped
      at = after + 2
    end
  end
end

local function decode_array(text, at)
  local array = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "]" then
    return array, at + 1
  end
  while true do
    array[#array + 1], at = decode_value(text, at)
    at = skip(text, at)
    local c = text:sub(at, at)
    if c == "]" then
      return array, at + 1
    elseif c ~= "," then
      fail(text, at)
    end
    at = at + 1
  end
end

local function decode_object(text, at)
  local object = {}
  at = skip(text, at + 1)
  if text:sub(at, at) == "}" then
    return object, at + 1
  end
  while true do
    at = skip(text, at)
    local key
    key, at = decode_string(text, at)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then
      fail(text, at)
    end
    object[key], at = decode_value(text, at + 1)
    at = skip(text, at)
    local c = text:sub(at, at)
    if c == "}" then
      return object, at + 1
    elseif c ~= "," then
      fail(text, at)
    end
    at = at + 1
  end
end

local names = { ["true"] = true, ["false"] = false, null = null }

function decode_value(text, at)
  at = skip(text, at)
  local c = text:sub(at, at)
  if c == "{" then
    return decode_object(text, at)
  elseif c == "[" then
    return decode_array(text, at)
  elseif c == '"' then
    return decode_string(text, at)
  end
  local number, after = text:match("^(-?%d+%.?%d*[eE]?[+-]?%d*)()", at)
  if number then
    return tonumber(number), after
  end
  local name
  name, after = text:match("^(%a+)()", at)
  if name == nil or names[name] == nil then
    fail(text, at)
  end
  return names[name], after
end

local function sample(n)
  local people = {}
  for i = 1, n do
    people[i] = {
      id = i,
      name = "Person \"" .. i .. "\"",
      note = "line one\nline two\t" .. i * i,
      score = i / 8,
      active = i % 3 == 0,
      parent = i > 1 and i - 1 or null,
      tags = { "a" .. i % 10, "b" .. i % 7, {} },
    }
  end
  return { people = people, count = n }
end

local n = tonumber(arg and arg[1]) or 2000
local length, first = 0, encode(sample(n))
local text = first
for _ = 1, 26 do
  text = encode((decode_value(text, 1)))
  length = length + #text
end
print(string.format("%d", length))
print(text == first)
print(text:sub(1, 100))
print((pcall(decode_value, '{"a":1,}', 1)))
