-- A cache that forgets what was not used for the longest time: a map and a doubly linked list.
local Cache = {}
Cache.__index = Cache

function Cache.new(capacity)
  local ends = {}
  ends.next, ends.previous = ends, ends
  return setmetatable({ capacity = capacity, size = 0, map = {}, ends = ends, hits = 0, misses = 0 }, Cache)
end

local function unlink(entry)
  entry.previous.next = entry.next
  entry.next.previous = entry.previous
end

function Cache:link_first(entry)
  local ends = self.ends
  entry.previous, entry.next = ends, ends.next
  ends.next.previous = entry
  ends.next = entry
end

function Cache:get(key)
  local entry = self.map[key]
  if not entry then
    self.misses = self.misses + 1
    return nil
  end
  self.hits = self.hits + 1
  unlink(entry)
  self:link_first(entry)
  return entry.value
end

function Cache:put(key, value)
  local entry = self.map[key]
  if entry then
    entry.value = value
    unlink(entry)
  else
    if self.size >= self.capacity then
      local oldest = self.ends.previous
      unlink(oldest)
      self.map[oldest.key] = nil
      self.size = self.size - 1
    end
    entry = { key = key, value = value }
    self.map[key] = entry
    self.size = self.size + 1
  end
  self:link_first(entry)
end

function Cache:entries()
  local entry = self.ends
  return function()
    entry = entry.next
    if entry ~= self.ends then
      return entry.key, entry.value
    end
  end
end

local seed = 1
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end

local function slow_square(n)
  return n * n % 1009
end

local function run(cache, n, make_key)
  local sum = 0
  for _ = 1, n do
    local number = math.floor(random() * random() * 5000)
    local key = make_key(number)
    local value = cache:get(key)
    if not value then
      value = slow_square(number)
      cache:put(key, value)
    end
    sum = sum + value
  end
  local order, place = 0, 0
  for _, value in cache:entries() do
    place = place + 1
    order = (order + place * value) % 1000000007
  end
  print(string.format("%d hits, %d misses, %d entries, %d %d", cache.hits, cache.misses, cache.size, sum, order))
end

local n = tonumber(arg and arg[1]) or 1500000
run(Cache.new(1000), n, function(number)
  return number
end)
run(Cache.new(2000), n, function(number)
  return "item " .. number
end)
