-- Variables of callers, as debug.getlocal sees them: also those whose scope ends with the call.
local function look(i)
  if i % 1000 ~= 0 then return end
  for n = 1, 20 do
    local name, value = debug.getlocal(2, n)
    if name and type(value) ~= "function" and type(value) ~= "table" then print(n, name, value) end
  end
end
local function f()
local total = 0
for i = 1, 4000 do
  local twice = i * 2
  look(i)
  total = total + twice
  do
    local inner = i
    look(inner + 500)
  end
end
end
f()

-- two callers up, the innermost ones translated in place
local function seen(level)
  local names = {}
  for n = 1, 20 do
    local name, value = debug.getlocal(level, n)
    if not name then break end
    if name:sub(1, 1) ~= "(" and type(value) == "number" then names[#names + 1] = name .. "=" .. value end
  end
  return table.concat(names, " ")
end
local function inner(i)
  local tripled = i * 3
  do
    local hidden = tripled + 1
    if i % 500 == 0 then print(seen(2), seen(3), seen(4)) end
  end
end
local function middle(i)
  local half = i // 2
  do
    local last = half - 1
    inner(last + half)
  end
end
local function outer(n)
  for i = 1, n do
    local start = i + 1
    do
      local ends_here = start * 10
      middle(start)
    end
  end
end
outer(2000)
outer(1000)
