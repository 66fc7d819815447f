-- Functions that get hot in finalizers and in __close while the state is being closed.
local function work(n)
  local t, s = {}, 0
  for i = 1, n do
    t[i] = i * 2
    s = s + t[i]
  end
  return s
end
local function repeated(times)
  local s = 0
  for i = 1, times do
    s = s + work(i % 50)
  end
  return s
end
kept = {}
for i = 1, 20 do
  kept[i] = setmetatable({ i }, { __gc = function(o)
    print("finalizer", o[1], repeated(2000 + o[1]))
    local f = load("local s = 0 for i = 1, ... do s = s + i end return s")
    for _ = 1, 200 do
      f(20)
    end
    collectgarbage()
  end })
end
local pending <close> = setmetatable({}, { __close = function()
  print("closed", repeated(3000))
end })
print(repeated(100))
