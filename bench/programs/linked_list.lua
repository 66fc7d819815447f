-- Singly linked lists: building, reversing, merging, sorting, a ring of survivors.
local function from_function(n, f)
  local list = nil
  for i = n, 1, -1 do
    list = { value = f(i), next = list }
  end
  return list
end

local function length(list)
  local n = 0
  while list do
    n = n + 1
    list = list.next
  end
  return n
end

local function reverse(list)
  local result = nil
  while list do
    local rest = list.next
    list.next = result
    result = list
    list = rest
  end
  return result
end

local function merge(a, b)
  local head = {}
  local tail = head
  while a and b do
    if b.value < a.value then
      tail.next = b
      b = b.next
    else
      tail.next = a
      a = a.next
    end
    tail = tail.next
  end
  tail.next = a or b
  return head.next
end

local function split(list)
  local slow, fast = list, list.next
  while fast and fast.next do
    slow, fast = slow.next, fast.next.next
  end
  local second = slow.next
  slow.next = nil
  return list, second
end

local function sort(list)
  if not list or not list.next then
    return list
  end
  local a, b = split(list)
  return merge(sort(a), sort(b))
end

local function checksum(list)
  local sum, place = 0, 0
  while list do
    place = place + 1
    sum = (sum + place * list.value) % 1000000007
    list = list.next
  end
  return sum
end

local function last_survivor(n, step)
  local last = { value = n }
  local ring = last
  for i = n - 1, 1, -1 do
    ring = { value = i, next = ring }
  end
  last.next = ring
  local before = last
  while before.next ~= before do
    for _ = 1, step - 1 do
      before = before.next
    end
    before.next = before.next.next
  end
  return before.value
end

local n = tonumber(arg and arg[1]) or 100000
for round = 1, 6 do
  local list = from_function(n, function(i)
    return (i * 7919 + round * 104729) % 1000003
  end)
  local unsorted = checksum(list)
  list = sort(reverse(list))
  print(string.format("%d: %d %d %d", length(list), unsorted, checksum(list), checksum(reverse(list))))
end
print(string.format("%d", last_survivor(n, 30)))
