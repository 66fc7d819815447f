-- Classes: chains of __index, methods replaced, polymorphic calls, __tostring, __len, __concat, super calls.
local Animal = {}
Animal.__index = Animal
function Animal.new(class, name)
  return setmetatable({ name = name, energy = 10 }, class)
end
function Animal:speak()
  return self.name .. " says nothing"
end
function Animal:eat(n)
  self.energy = self.energy + n
  return self
end
local function extend(base)
  local class = setmetatable({}, { __index = base })
  class.__index = class
  return class
end
local Dog, Cat = extend(Animal), extend(Animal)
local Puppy = extend(Dog)
function Dog:speak()
  return self.name .. " barks"
end
function Cat:eat(n)
  return Animal.eat(self, n * 2)
end
function Puppy:speak()
  return Dog.speak(self) .. " softly"
end
local herd = {}
for i, class in ipairs { Animal, Dog, Cat, Puppy } do
  herd[i] = Animal.new(class, "n" .. i)
end
local length = 0
for i = 1, 6000 do
  local a = herd[i % 4 + 1]
  length = length + #a:eat(1):speak()
  if i == 4000 then
    function Animal:speak()
      return "changed"
    end
    Dog.speak = nil
  elseif i == 5000 then
    herd[1].speak = function()
      return "own"
    end
  end
end
print(length)
for _, a in ipairs(herd) do
  print(a.energy, pcall(a.speak, a))
end

local Stack = {}
Stack.__index = Stack
Stack.__len = function(s)
  return s.n
end
Stack.__tostring = function(s)
  return "stack of " .. s.n
end
Stack.__concat = function(a, b)
  return tostring(a) .. tostring(b)
end
Stack.__name = "Stack"
function Stack:push(...)
  for i = 1, select("#", ...) do
    self.n = self.n + 1
    self[self.n] = (select(i, ...))
  end
end
function Stack:pop()
  local v = self[self.n]
  self[self.n] = nil
  self.n = self.n - 1
  return v
end
local s = setmetatable({ n = 0 }, Stack)
local sum = 0
for i = 1, 3000 do
  s:push(i, i * 2, i * 3)
  sum = sum + s:pop() + #s
end
print(sum, tostring(s), s .. "!", "!" .. s)
print(pcall(function()
  return s + 1
end))

local Account = {}
local private = setmetatable({}, { __mode = "k" })
local methods = {}
function methods:deposit(n)
  private[self].balance = private[self].balance + n
end
function methods:balance()
  return private[self].balance
end
function Account.new()
  local o = setmetatable({}, { __index = methods, __newindex = function(_, k)
    error("no field " .. k, 2)
  end })
  private[o] = { balance = 0 }
  return o
end
local account = Account.new()
for i = 1, 4000 do
  account:deposit(i)
end
print(account:balance())
print(pcall(function()
  account.x = 1
end))

local dynamic = setmetatable({}, { __index = function(t, k)
  local v = function(self, n)
    return self == t and #k + n
  end
  rawset(t, k, v)
  return v
end })
local d = 0
for i = 1, 3000 do
  d = d + dynamic["m" .. i % 50](dynamic, i) + dynamic:method(1)
end
print(d)
