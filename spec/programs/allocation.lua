-- Memory: blocks of all sizes, made, grown and dropped in various orders.
local keep, sum = {}, 0
for r = 1, 12 do
  for i = 1, 3000 do
    local k = (i * 7919 + r) % 1000
    local t = {}
    for j = 1, k % 40 do t[j] = j end
    t.s = ("x"):rep(k)
    if keep[k] then sum = sum + #keep[k].s + #keep[k] end
    keep[k] = t
  end
  if r % 10 == 0 then keep = {} collectgarbage() end
end
print(sum, collectgarbage("count") < 1000)
local co = {}
for i = 1, 2000 do co[i] = coroutine.wrap(function(...) local a, b = ... while true do a, b = coroutine.yield(a, b) end end) co[i](i, 2) end
for i = 1, 2000, 3 do co[i] = nil end collectgarbage()
print(co[2](5))
local s = "" for i = 1, 2000 do s = s .. i end print(#s)
local big = {} for i = 1, 1e5 do big[i] = {i} end big = nil collectgarbage() print(collectgarbage("count") < 3000)

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
collectgarbage("stop")
local before = collectgarbage("count")
local hold = {}
for i = 1, 1000 do hold[i] = { i, i, i } end
print(collectgarbage("count") - before > 100)
collectgarbage("restart")
