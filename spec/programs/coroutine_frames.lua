-- Yields out of hot functions and loops, through pcall, metamethods and iterators.
local yield, wrap, create, resume, status = coroutine.yield, coroutine.wrap, coroutine.create, coroutine.resume,
  coroutine.status

local function producer(n)
  local sum = 0
  for i = 1, n do
    if i % 3 == 0 then
      sum = sum + (yield(i) or 0)
    end
  end
  return "end", sum
end
for _ = 1, 3 do
  local f = wrap(producer)
  local v, extra = f(3000), nil
  local total = 0
  while type(v) == "number" do
    total = total + v
    v, extra = f(v % 7)
  end
  print(total, v, extra)
end

local function inner(x)
  if x % 100 == 0 then
    return yield(x)
  end
  return x
end
local function outer(n)
  local s = 0
  for i = 1, n do
    s = s + inner(i)
  end
  return s
end
local co = create(outer)
local ok, v = resume(co, 2000)
local n = 0
while status(co) ~= "dead" do
  n = n + 1
  ok, v = resume(co, v * 2)
end
print(ok, v, n)

local meta = { __add = function(a, b)
  return yield(b) + a.x
end, __index = function(_, k)
  return yield(k)
end, __lt = function()
  return yield "lt"
end, __call = function(_, x)
  return yield(x)
end }
local function through(n)
  local o = setmetatable({ x = 1 }, meta)
  local s = 0
  for i = 1, n do
    s = s + (o + i) + o[i]
    if o < o then
      s = s + 1
    end
    s = s + o(i)
  end
  return s
end
co = create(through)
ok, v = resume(co, 1500)
while status(co) ~= "dead" do
  ok, v = resume(co, v == "lt" and true or v)
end
print(ok, v)

local function protected(k)
  local results = {}
  for i = 1, k do
    local fine, message = pcall(function()
      local got = yield(i)
      if got % 10 == 0 then
        error("at " .. got, 0)
      end
      return got
    end)
    results[#results + 1] = fine and 1 or message
  end
  local c = 0
  for _, r in ipairs(results) do
    c = c + (r == 1 and 1 or 1000)
  end
  return c, results[10]
end
co = create(protected)
ok, v = resume(co, 2000)
local extra
while status(co) ~= "dead" do
  ok, v, extra = resume(co, v)
end
print(ok, v, extra)
print(resume(co))
print(select(2, pcall(wrap(function()
  for i = 1, 3000 do
    if i == 2999 then
      error { i }
    end
  end
end)))[1])
print(select(2, pcall(yield, 1)))
