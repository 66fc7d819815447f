-- Texts rewritten by string.gsub with functions, tables and strings as replacements.
local template = [[
Dear ${name},
your order no. ${order} of ${count} ${item}s costs ${price} EUR &amp; will arrive on ${date}.
<b>Thank you</b> &mdash; see http://example.org/orders?id=${order}&name=${name} (reply_to_this_address)
]]

local function expand(text, values)
  return (text:gsub("%${(%w+)}", values))
end

local function escape_url(text)
  return (text:gsub("[^%w%-_%.~]", function(c)
    return string.format("%%%02X", c:byte())
  end))
end

local function unescape_url(text)
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function camel_case(text)
  return (text:gsub("_(%l)", string.upper))
end

local entities = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;" }

local function escape_html(text)
  return (text:gsub('[<>&"]', entities))
end

local function number_words(text)
  local n = 0
  local result = text:gsub("%a+", function(word)
    n = n + 1
    if n % 3 == 0 then
      return word .. n
    end
  end)
  return result, n
end

local function rot13(text)
  return (text:gsub("%a", function(c)
    local code = c:byte()
    local base = code >= 97 and 97 or 65
    return string.char((code - base + 13) % 26 + base)
  end))
end

local function swap_pairs(text)
  return (text:gsub("(%w+)=(%w+)", "%2=%1"))
end

local function hash(text)
  local h = 0
  for i = 1, #text do
    h = (h * 31 + text:byte(i)) % 4294967296
  end
  return h
end

local n = tonumber(arg and arg[1]) or 14000
local total, words, last = 0, 0, nil
for i = 1, n do
  local text = expand(template, {
    name = i % 2 == 0 and "Ann <ann>" or "Bob & Co.",
    order = i,
    count = tostring(i % 9 + 2),
    item = "screw_driver",
    price = string.format("%.2f", i / 4),
  })
  local escaped = escape_url(text)
  assert(unescape_url(escaped) == text)
  assert(rot13(rot13(text)) == text)
  local numbered, count = number_words(camel_case(text))
  words = words + count
  last = swap_pairs(escape_html(numbered))
  total = (total + hash(last) + #escaped) % 4294967296
end
print(string.format("%d words, %d", words, total))
print(last)
