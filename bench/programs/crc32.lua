-- Checksums of texts: CRC-32 by table and bit by bit, Adler-32, FNV-1a.
local POLYNOMIAL = 0xedb88320

local function make_table()
  local crcs = {}
  for i = 0, 255 do
    local crc = i
    for _ = 1, 8 do
      if crc & 1 == 1 then
        crc = (crc >> 1) ~ POLYNOMIAL
      else
        crc = crc >> 1
      end
    end
    crcs[i] = crc
  end
  return crcs
end

local TABLE = make_table()

local function crc32(text)
  local crc = 0xffffffff
  for i = 1, #text do
    crc = (crc >> 8) ~ TABLE[(crc ~ text:byte(i)) & 0xff]
  end
  return crc ~ 0xffffffff
end

local function crc32_bitwise(text)
  local crc = 0xffffffff
  for i = 1, #text do
    crc = crc ~ text:byte(i)
    for _ = 1, 8 do
      crc = (crc >> 1) ~ (POLYNOMIAL & -(crc & 1))
    end
  end
  return crc ~ 0xffffffff
end

local function adler32(text)
  local a, b = 1, 0
  for i = 1, #text do
    a = (a + text:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return b << 16 | a
end

local function fnv1a(text)
  local hash = 0xcbf29ce484222325
  for i = 1, #text do
    hash = (hash ~ text:byte(i)) * 0x100000001b3
  end
  return hash
end

local lines = {}
for i = 1, 20000 do
  lines[i] = string.format("%d: the quick brown fox jumps over the lazy dog %d times", i, i * i)
end
local text = table.concat(lines, "\n")

print(string.format("%08x", crc32("123456789")))
local rounds = tonumber(arg and arg[1]) or 8
local sum = 0
for _ = 1, rounds do
  sum = sum + crc32(text) + adler32(text) + fnv1a(text)
end
print(string.format("%016x", sum))
print(crc32(text) == crc32_bitwise(text))
