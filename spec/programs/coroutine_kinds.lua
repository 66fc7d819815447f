-- Coroutines made, resumed, closed and failing in hot loops; yields out of every kind of metamethod.
local yield, wrap, create, resume = coroutine.yield, coroutine.wrap, coroutine.create, coroutine.resume

local sum = 0
for i = 1, 2000 do
  local f = wrap(function(a)
    local b = yield(a + 1)
    return b * 2
  end)
  sum = sum + f(i) + f(i)
end
print(sum)

local dead, messages = 0, {}
for i = 1, 1500 do
  local co = create(function()
    local t = i % 3 == 0 and {} or nil
    yield()
    return t.x
  end)
  resume(co)
  local ok, m = resume(co)
  if not ok then
    messages[m] = (messages[m] or 0) + 1
  end
  dead = dead + (coroutine.status(co) == "dead" and 1 or 0)
end
for m, n in pairs(messages) do
  print(m, n)
end
print(dead, resume(create(error), "as it is"))

-- Closing one that is suspended in a hot loop runs its pending variables.
local closed = {}
for i = 1, 1000 do
  local co = create(function()
    local _ <close> = setmetatable({}, { __close = function(_, e)
      closed[#closed + 1] = e == nil and 1 or 0
    end })
    for j = 1, 10 do
      yield(j)
    end
  end)
  for _ = 1, i % 12 do
    resume(co)
  end
  assert(coroutine.close(co))
end
print(#closed)
print(coroutine.close(create(print)))
local bad = create(function()
  local _ <close> = setmetatable({}, { __close = function()
    error "while closing"
  end })
  yield()
end)
resume(bad)
print(coroutine.close(bad))
print(coroutine.status(bad))

local meta = {}
for _, event in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot",
  "concat", "len", "eq", "lt", "le", "index", "newindex", "call", "close" } do
  meta["__" .. event] = function(...)
    return yield(event, select("#", ...))
  end
end
local function all(o, p, n)
  local results = {}
  for i = 1, n do
    local r = { o + i, o - i, o * i, o / i, o % i, o ^ i, -o, o // i, o & i, o | i, o ~ i, o << i, o >> i, ~o, o .. i, #o,
      o == p, o < p, o <= p, o.field, o(i, i), i + o, i .. o, 1 - o, 2 ^ o, "x" < o, o > p, o ~= p }
    o.field = i
    o[i] = r[1]
    do
      local _ <close> = o
    end
    for k, v in ipairs(r) do
      results[k] = (results[k] or 0) + (v == true and 1 or v == false and 0 or v)
    end
  end
  return results
end
local co = create(all)
local events = {}
local ok, event = resume(co, setmetatable({}, meta), setmetatable({}, meta), 300)
local turn = 0
while coroutine.status(co) ~= "dead" do
  turn = turn + 1
  events[event] = (events[event] or 0) + 1
  ok, event = resume(co, turn % 4 ~= 0 and turn % 17 or nil)
  if not ok then
    break
  end
end
print(ok, turn, ok and #event or event)
co = create(all)
ok, event = resume(co, setmetatable({}, meta), setmetatable({}, meta), 300)
turn = 0
while coroutine.status(co) ~= "dead" do
  turn = turn + 1
  ok, event = resume(co, turn % 17)
end
print(ok, turn, table.concat(event, " "))
local names = {}
for k, v in pairs(events) do
  names[#names + 1] = k .. "=" .. v
end
table.sort(names)
print(table.concat(names, " "))

-- Yields in the iterator of a generic for, and in its closing value.
local function iterate(n)
  local total = 0
  for i, v in function(_, i)
    if i < n then
      return i + 1, yield(i)
    end
  end, nil, 0, setmetatable({}, { __close = function()
    yield "closing"
  end }) do
    total = total + i * v
    if i == n - 1 then
      break
    end
  end
  return "total", total
end
local f = wrap(iterate)
local a, b = f(1500), nil
while a ~= "total" do
  a, b = f(a == "closing" and 0 or a % 5)
end
print(a, b)

-- Who runs, and who may yield.
local function who(n)
  local main, yieldable = 0, 0
  for _ = 1, n do
    local _, is_main = coroutine.running()
    main = main + (is_main and 1 or 0)
    yieldable = yieldable + (coroutine.isyieldable() and 1 or 0)
  end
  return main, yieldable
end
print(who(1000))
print(wrap(who)(1000))
print(resume(coroutine.running()))
print(pcall(wrap(function()
  return resume(coroutine.running())
end)))
local outer
outer = create(function()
  local inner = wrap(function()
    return coroutine.status(outer), resume(outer)
  end)
  return inner()
end)
print(resume(outer))
print(pcall(wrap(function() end)))
local once = wrap(function() end)
once()
print(pcall(once))

-- A table of coroutines that call each other in a ring.
local ring, passes = {}, 0
for i = 1, 10 do
  ring[i] = wrap(function(token)
    while true do
      passes = passes + 1
      token = yield(token * 2 % 1009 + i)
    end
  end)
end
local token = 1
for i = 1, 5000 do
  token = ring[i % 10 + 1](token)
end
print(token, passes)
