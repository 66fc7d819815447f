-- Tail calls: endless, mutual, with variable arguments, to C functions, through __call; and errors in them.
local function count(n, acc)
  if n == 0 then
    return acc
  end
  return count(n - 1, acc + n)
end
print(count(300000, 0), count(1000, 0.5))

local a, b, c
function a(n, x)
  if n <= 0 then
    return "a", x
  end
  return b(n - 1, x + 1)
end
function b(n, x)
  if n <= 0 then
    return "b", x
  end
  return c(n - 1, x * 2 % 1000, "extra", n)
end
function c(n, x, ...)
  if n <= 0 then
    return "c", x, ...
  end
  return a(n - select("#", ...) // 2, x)
end
for i = 1, 200 do
  a(i, i)
end
print(a(100000, 1))
print(a(100001, 1))
print(a(100002, 1))

local function rotate(n, first, ...)
  if n == 0 then
    return first, ...
  end
  local last = select(-1, ...)
  if n % 2 == 0 then
    return rotate(n - 1, last, first)
  end
  return rotate(n - 1, last, first, n)
end
print(rotate(5000, 1, 2, 3))

local function to_c(x)
  if x < 0 then
    return math.abs(x)
  elseif x == 0 then
    return select("#", x, nil, nil)
  end
  return tostring(x)
end
local lengths = 0
for i = -2000, 2000 do
  lengths = lengths + #tostring(to_c(i))
end
print(lengths, to_c(-5), to_c(0), to_c(2.5))

local object = setmetatable({}, { __call = function(self, n, x)
  if n == 0 then
    return self ~= nil, x
  end
  return self(n - 1, x + 1)
end })
print(object(50000, 0))

local function yielding(n)
  if n == 0 then
    return coroutine.yield "bottom"
  end
  return yielding(n - 1)
end
local co = coroutine.wrap(yielding)
print(co(3000))
print(co(1, 2, 3))

local function failing(n)
  if n == 0 then
    return nil + n
  end
  return failing(n - 1)
end
for _ = 1, 30 do
  pcall(failing, 30)
end
print(pcall(failing, 1000))
print(xpcall(failing, debug.traceback, 1000))
local function no_function(n)
  if n == 0 then
    return undefined_function(n)
  end
  return no_function(n - 1)
end
print(pcall(no_function, 500))

-- A <close> variable makes it no tail call.
local closed = 0
local function with_close(n)
  if n == 0 then
    return closed
  end
  local _ <close> = setmetatable({}, { __close = function()
    closed = closed + 1
  end })
  return with_close(n - 1)
end
for _ = 1, 50 do
  with_close(10)
end
print(with_close(100), closed)

local function state_machine(text)
  local i, words = 0, 0
  local space, word
  function space()
    i = i + 1
    local ch = text:sub(i, i)
    if ch == "" then
      return words
    elseif ch == " " then
      return space()
    end
    words = words + 1
    return word()
  end
  function word()
    i = i + 1
    local ch = text:sub(i, i)
    if ch == "" then
      return words
    elseif ch == " " then
      return space()
    end
    return word()
  end
  return space()
end
print(state_machine(("the quick  brown fox "):rep(500)))
