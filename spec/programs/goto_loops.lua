-- goto: continue, loops made by hand, jumps out of nested blocks that close upvalues.
local function continue(n)
  local sum = 0
  for i = 1, n do
    if i % 3 == 0 then
      goto continue
    end
    sum = sum + i
    ::continue::
  end
  return sum
end
print(continue(5000))

local function by_hand(n)
  local i, s = 0, 0
  ::top::
  if i < n then
    i = i + 1
    if i % 2 == 0 then
      goto top
    end
    s = s + i
    goto top
  end
  return s
end
print(by_hand(7000))

local function nested(n)
  local found = 0
  for i = 1, n do
    for j = 1, n do
      if i * j == n then
        found = found + i
        goto next
      end
    end
    ::next::
  end
  return found
end
print(nested(120))

local function closing(n)
  local fs = {}
  local i = 0
  ::again::
  do
    local captured = i
    fs[#fs + 1] = function()
      captured = captured + 1
      return captured
    end
    i = i + 1
    if i < n then
      goto again
    end
  end
  local s = 0
  for _, f in ipairs(fs) do
    s = s + f() + f()
  end
  return s
end
print(closing(3000))

local state, steps = "a", 0
local trace = {}
while true do
  steps = steps + 1
  if state == "a" then
    state = steps % 5 == 0 and "b" or "a"
    goto done
  elseif state == "b" then
    trace[#trace + 1] = steps
    state = steps > 4000 and "end" or "a"
    goto done
  end
  break
  ::done::
end
print(steps, #trace, trace[1], trace[#trace])

local n = 0
repeat
  local stop = n >= 4000
  n = n + 1
  if n % 2 == 1 then
    goto skip
  end
  n = n + 1
  ::skip::
until n > 4000 or stop
print(n)
