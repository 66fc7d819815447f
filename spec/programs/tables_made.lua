-- Tables made by native code, with collections in between: none may be lost, all must look new.
for _, mode in ipairs { "incremental", "generational", "incremental" } do
  collectgarbage(mode)
  local weak, alive = setmetatable({}, { __mode = "v" }), {}
  local function make(i)
    local t = { i, i + 1, name = "t" .. i, other = i }
    local e = {}
    local a = { nil, i, nil }
    weak[#weak + 1] = e
    if i % 10 == 0 then alive[#alive + 1] = e end
    return #t + #a + (next(e) == nil and 1 or 0) + (rawlen(e)), t
  end
  local total = 0
  for i = 1, 3000 do
    local n, t = make(i)
    total = total + n + t[1] - t.other + t[2] - #t.name
    t.new, t[3], t.x, t.y = 1, 2, 3, 4
    total = total + #t + t.y
    if i % 500 == 0 then collectgarbage(i % 1000 == 0 and "step" or "collect") end
  end
  collectgarbage()
  local n = 0
  for _, e in pairs(weak) do n = n + (next(e) == nil and 1 or 0) end
  print(mode ~= "", total, n, #alive)
end

-- A finalizer runs at the collection that a new table brings about, and sees its frame's variables.
local ran = 0
local function finalized(n)
  for i = 1, n do
    local t = setmetatable({}, { __gc = function() ran = ran + 1 end })
    local u = { t, i }
    if u[2] ~= i then print("wrong", i) end
  end
end
finalized(5000)
collectgarbage()
print(ran)
local seen
local function looked_at(n)
  local count = 0
  for i = 1, n do
    count = count + 1
    setmetatable({}, { __gc = function()
      local name, value = debug.getlocal(2, 2)
      if name == "count" then seen = (seen == nil or value >= seen) and value end
    end })
  end
  return count
end
print(looked_at(5000), seen ~= false)

-- What is made while the collector rests, and when it works again.
collectgarbage("stop")
local before = collectgarbage("count")
local hold = {}
for i = 1, 1000 do hold[i] = { i, i, i } end
print(collectgarbage("count") - before > 100)
collectgarbage("restart")

-- Recursion that only makes tables, and one that reads them.
local function tree(depth) if depth == 0 then return {} end return { tree(depth - 1), tree(depth - 1) } end
local function count(t) if t[1] then return 1 + count(t[1]) + count(t[2]) end return 1 end
local sum = 0
for _ = 1, 40 do sum = sum + count(tree(6)) end
print(sum)
