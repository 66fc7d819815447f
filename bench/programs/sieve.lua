-- Primes by the sieve of Eratosthenes: one large array, written and read in order.
local function sieve(n)
  local composite, count = {}, 0
  for i = 1, n do
    composite[i] = false
  end
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      for j = i * i, n, i do
        composite[j] = true
      end
    end
  end
  return count
end

local n = tonumber(arg and arg[1]) or 2000000
local total = 0
for _ = 1, 28 do
  total = total + sieve(n)
end
print(total)
