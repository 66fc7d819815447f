-- Base64 encoded and decoded with bit operators.
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local letters, values = {}, {}
for i = 1, #ALPHABET do
  letters[i - 1] = ALPHABET:sub(i, i)
  values[ALPHABET:byte(i)] = i - 1
end

local function encode(text)
  local out, n = {}, 0
  for i = 1, #text - 2, 3 do
    local a, b, c = text:byte(i, i + 2)
    local bits = a << 16 | b << 8 | c
    n = n + 1
    out[n] = letters[bits >> 18] .. letters[bits >> 12 & 63] .. letters[bits >> 6 & 63] .. letters[bits & 63]
  end
  local rest = #text % 3
  if rest == 1 then
    local bits = text:byte(-1) << 4
    out[n + 1] = letters[bits >> 6] .. letters[bits & 63] .. "=="
  elseif rest == 2 then
    local a, b = text:byte(-2, -1)
    local bits = (a << 8 | b) << 2
    out[n + 1] = letters[bits >> 12] .. letters[bits >> 6 & 63] .. letters[bits & 63] .. "="
  end
  return table.concat(out)
end

local function decode(text)
  local out, n = {}, 0
  local bits, count = 0, 0
  for i = 1, #text do
    local value = values[text:byte(i)]
    if value then
      bits = (bits << 6 | value) & 0xffffff
      count = count + 6
      if count >= 8 then
        count = count - 8
        n = n + 1
        out[n] = string.char(bits >> count & 0xff)
      end
    end
  end
  return table.concat(out)
end

local function hash(text)
  local h = 0
  for i = 1, #text do
    h = (h * 31 + text:byte(i)) & 0xffffffff
  end
  return h
end

for _, text in ipairs({ "", "f", "fo", "foo", "foob", "fooba", "foobar" }) do
  print(string.format("%q %s", text, encode(text)))
  assert(decode(encode(text)) == text)
end

local n = tonumber(arg and arg[1]) or 250000
local bytes = {}
for i = 1, n do
  bytes[i] = string.char((i * i >> 3 ~ i) & 0xff)
end
local text = table.concat(bytes)
local sum = 0
for round = 0, 19 do
  local encoded = encode(text:sub(1 + round))
  local decoded = decode(encoded)
  assert(#decoded == n - round)
  sum = sum + hash(encoded) + hash(decoded)
end
print(string.format("%d", sum))
