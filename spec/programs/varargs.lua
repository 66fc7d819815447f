-- Variable arguments: counted, selected, passed on, nils in them and at their end.
local function count(...)
  return select("#", ...)
end
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do
    s = s + ((select(i, ...)) or 0)
  end
  return s
end
local function pass(...)
  return ...
end
local function first(a, ...)
  return a, count(...)
end
local function pack2(...)
  local a, b = ...
  local t = { ... }
  local u = { n = select("#", ...), ... }
  return a, b, #t, u.n
end

local total = 0
for i = 1, 3000 do
  total = total + sum(i, 2, nil, 4) + count(pass(i, nil, nil)) + count((pass(i, nil)))
  local a, n = first(pass(i, i, i))
  total = total + a + n
end
print(total)
print(count(), count(nil), count(nil, nil), first())
print(pack2(), pack2(1), pack2(1, 2, 3))
print((pass(1, 2, 3)), pass(1, 2, 3))
print(pass(), (pass()))

local function tail(n, ...)
  if n == 0 then
    return ...
  end
  return tail(n - 1, n, ...)
end
print(count(tail(150)), select(150, tail(150)))

local function by_type(...)
  local t = {}
  for i, v in ipairs { ... } do
    t[i] = math.type(v) or type(v)
  end
  return table.concat(t, ",")
end
local seen = {}
local args = { { 1, 2 }, { 1.5, "x" }, { true, {} }, {}, { print } }
for i = 1, 3000 do
  local r = by_type(table.unpack(args[i % 5 + 1]))
  seen[r] = (seen[r] or 0) + 1
end
print(seen["integer,integer"], seen["float,string"], seen["boolean,table"], seen[""], seen["function"])
local many = {}
for i = 1, 200 do
  many[i] = i
end
print(sum(table.unpack(many)), select(-1, table.unpack(many)))
print(pcall(select, 0))
print(string.format("%d %s", pass(7, "x")), #{ pass(1, 2), pass(3, 4) })
