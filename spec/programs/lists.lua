-- Lists whose last element is a call: one result mostly, then none or several; larger than the table was made.
local function one(x)
  return x
end
local function some(n)
  if n > 0 then
    return n, some(n - 1)
  end
end
local function pair(n)
  return { one(n), one(n + 1) }, { x = n, one(n), some(n % 4) }, { some(n % 4) }
end
local function show(t)
  local parts = {}
  for k, v in pairs(t) do
    parts[#parts + 1] = tostring(k) .. "=" .. tostring(v)
  end
  return #t .. ":" .. table.concat(parts, ",")
end
for n = 1, 200 do
  local a, b, c = pair(n)
  if n % 20 == 0 then
    print(show(a), show(c), b.x, #b)
  end
end
local function tree(depth)
  if depth == 0 then
    return {}
  end
  return { tree(depth - 1), tree(depth - 1) }
end
local function size(t)
  return t[1] and 1 + size(t[1]) + size(t[2]) or 1
end
for depth = 0, 12 do
  io.write(size(tree(depth)), " ")
end
print()
local function long(n)
  return { n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n,
    n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, one(n), some(n % 60) }
end
for n = 1, 200 do
  local t = long(n)
  if n % 25 == 0 then
    print(#t, t[55], t[57], t[#t])
  end
end
print(show({ [3] = "three", [1] = "lost", one("first"), one("second") }))
for _ = 1, 100 do
  local t = setmetatable({ one(1), one(2) }, { __newindex = error })
  assert(#t == 2 and t[2] == 2)
end
