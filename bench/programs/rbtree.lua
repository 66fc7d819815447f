-- A left-leaning red-black tree: insertion, look-up, deletion of the smallest, walk in order.
local function is_red(node)
  return node ~= nil and node.red
end

local function rotate_left(node)
  local right = node.right
  node.right = right.left
  right.left = node
  right.red = node.red
  node.red = true
  return right
end

local function rotate_right(node)
  local left = node.left
  node.left = left.right
  left.right = node
  left.red = node.red
  node.red = true
  return left
end

local function flip(node)
  node.red = not node.red
  node.left.red = not node.left.red
  node.right.red = not node.right.red
end

local function balance(node)
  if is_red(node.right) and not is_red(node.left) then
    node = rotate_left(node)
  end
  if is_red(node.left) and is_red(node.left.left) then
    node = rotate_right(node)
  end
  if is_red(node.left) and is_red(node.right) then
    flip(node)
  end
  return node
end

local function insert(node, key, value)
  if not node then
    return { key = key, value = value, red = true }
  end
  if key < node.key then
    node.left = insert(node.left, key, value)
  elseif key > node.key then
    node.right = insert(node.right, key, value)
  else
    node.value = node.value + value
  end
  return balance(node)
end

local function move_red_left(node)
  flip(node)
  if is_red(node.right.left) then
    node.right = rotate_right(node.right)
    node = rotate_left(node)
    flip(node)
  end
  return node
end

local function delete_smallest(node)
  if not node.left then
    return nil
  end
  if not is_red(node.left) and not is_red(node.left.left) then
    node = move_red_left(node)
  end
  node.left = delete_smallest(node.left)
  return balance(node)
end

local function find(node, key)
  while node do
    if key < node.key then
      node = node.left
    elseif key > node.key then
      node = node.right
    else
      return node.value
    end
  end
  return nil
end

local function walk(node, visit)
  if node then
    walk(node.left, visit)
    visit(node.key, node.value)
    walk(node.right, visit)
  end
end

local function height(node)
  return node and 1 + math.max(height(node.left), height(node.right)) or 0
end

local n = tonumber(arg and arg[1]) or 220000
local root
for i = 1, n do
  root = insert(root, i * 7919 % 1000003 % n, i)
  root.red = false
end
print(string.format("height %d", height(root)))

local found = 0
for key = 0, n * 2 do
  if find(root, key) then
    found = found + 1
  end
end
print(string.format("found %d", found))

for _ = 1, n / 4 do
  root = delete_smallest(root)
  root.red = false
end
local count, sum, last = 0, 0, -1
walk(root, function(key, value)
  assert(key > last)
  last = key
  count = count + 1
  sum = (sum + key * value) % 1000000007
end)
print(string.format("%d left, height %d, checksum %d", count, height(root), sum))
