-- string.dump of functions before and after they are hot: the same bytes, and they load and run.
local function subject(n, ...)
  local t, s = {}, 0
  for i = 1, n do
    t[i] = i * 2
  end
  for _, v in ipairs(t) do
    s = s + v
  end
  local i = 0
  while i < n do
    i = i + 1
    if i % 2 == 0 then
      goto continue
    end
    s = s - 1
    ::continue::
  end
  local inner = function(x)
    return x + s
  end
  return inner(select("#", ...)), s
end
local cold, cold_stripped = string.dump(subject), string.dump(subject, true)
for _ = 1, 50 do
  subject(100, 1, 2)
end
print(string.dump(subject) == cold, string.dump(subject, true) == cold_stripped)

local function sum_of(f, ...)
  local a, b = f(...)
  return a, b
end
local again = assert(load(cold, "again", "b"))
local stripped = assert(load(cold_stripped, "stripped", "b"))
for f, name in pairs { [subject] = 1 } do
  print(name, sum_of(f, 1000, "x"))
end
-- select is a global: of a loaded function it is found in its first upvalue.
print(pcall(sum_of, again, 1000, "x"))
print(pcall(sum_of, stripped, 1000, "x"))
for _ = 1, 50 do
  again(100, 1)
  stripped(100, 1)
end
print(sum_of(again, 1000, "x"))
print(sum_of(stripped, 1000, "x"))
print(string.dump(again) == cold, string.dump(stripped) == cold_stripped)
print(string.dump(stripped, true) == cold_stripped)

-- Errors in stripped functions have no lines and no names.
local function fails(t)
  local v = t.x
  return v.y
end
for _ = 1, 100 do
  fails { x = {} }
end
print(pcall(fails, {}))
local bare = load(string.dump(fails, true))
for _ = 1, 100 do
  bare { x = {} }
end
print(pcall(bare, {}))

-- In the middle of a hot loop; the dumped function is the one that runs.
local function self_dump(n)
  local bytes = 0
  for i = 1, n do
    if i % 500 == 0 then
      bytes = bytes + #string.dump(self_dump)
    end
  end
  return bytes
end
local size = #string.dump(self_dump)
print(self_dump(2000) == 4 * size, size == #string.dump(self_dump))

print(pcall(string.dump, print))
print(pcall(string.dump))
print(pcall(string.dump, 1))
print(pcall(load, cold, "x", "t"))
print(load(cold:sub(1, 20), "cut"))
local chunks = 0
print(load(function()
  chunks = chunks + 1
  return chunks <= #cold and cold:sub(chunks, chunks) or nil
end, "bytewise") ~= nil)
local writer = {}
for i = 1, 3 do
  writer[i] = load(string.dump(load("local a = ... ; return a * " .. i)))
end
local total = 0
for i = 1, 3000 do
  total = total + writer[i % 3 + 1](i)
end
print(total)
