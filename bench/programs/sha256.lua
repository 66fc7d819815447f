-- SHA-256 of texts of several lengths: 32-bit arithmetic with 64-bit integers, string.pack and unpack.
-- luacheck: std lua54
local MASK = 0xffffffff

-- The first 32 bits of the fractional parts of the cube roots (and square roots) of the first primes.
local K, H = {}, {}
do
  local function fraction(x)
    return math.floor((x % 1) * 4294967296)
  end
  local candidate = 2
  while #K < 64 do
    local prime = true
    for d = 2, math.floor(candidate ^ 0.5) do
      if candidate % d == 0 then
        prime = false
        break
      end
    end
    if prime then
      -- One step of Newton's method makes the cube root exact enough.
      local root = candidate ^ (1 / 3)
      root = root - (root * root * root - candidate) / (3 * root * root)
      K[#K + 1] = fraction(root)
      if #H < 8 then
        H[#H + 1] = fraction(candidate ^ 0.5)
      end
    end
    candidate = candidate + 1
  end
end

local function rotate(x, n)
  return (x >> n | x << (32 - n)) & MASK
end

local function compress(state, block, at, w)
  for i = 1, 16 do
    w[i] = string.unpack(">I4", block, at + (i - 1) * 4)
  end
  for i = 17, 64 do
    local x, y = w[i - 15], w[i - 2]
    local s0 = rotate(x, 7) ~ rotate(x, 18) ~ (x >> 3)
    local s1 = rotate(y, 17) ~ rotate(y, 19) ~ (y >> 10)
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) & MASK
  end
  local a, b, c, d, e, f, g, h = table.unpack(state)
  for i = 1, 64 do
    local s1 = rotate(e, 6) ~ rotate(e, 11) ~ rotate(e, 25)
    local choice = (e & f) ~ (~e & g)
    local t1 = h + s1 + choice + K[i] + w[i]
    local s0 = rotate(a, 2) ~ rotate(a, 13) ~ rotate(a, 22)
    local majority = (a & b) ~ (a & c) ~ (b & c)
    h, g, f, e = g, f, e, (d + t1) & MASK
    d, c, b, a = c, b, a, (t1 + s0 + majority) & MASK
  end
  for i, value in ipairs({ a, b, c, d, e, f, g, h }) do
    state[i] = (state[i] + value) & MASK
  end
end

local function sha256(text)
  local padded = text .. "\128" .. ("\0"):rep((55 - #text) % 64) .. string.pack(">I8", #text * 8)
  local state, w = { table.unpack(H) }, {}
  for at = 1, #padded, 64 do
    compress(state, padded, at, w)
  end
  local hex = {}
  for i = 1, 8 do
    hex[i] = string.format("%08x", state[i])
  end
  return table.concat(hex)
end

print(sha256(""))
print(sha256("abc"))
print(sha256(("a"):rep(1000000)))
local rounds = tonumber(arg and arg[1]) or 30000
local chain = "zyjit"
for _ = 1, rounds do
  chain = sha256(chain)
end
print(chain)
