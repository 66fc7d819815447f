-- generate.lua: a seed -> a Lua program that ends, always prints the same, and fails only inside pcall.
-- SPDX-License-Identifier: MIT
--
-- A program is a tree: a block is a list of statements; a statement is a list of lines (strings) and the blocks
-- between them. reduce.lua takes such trees apart. Expressions are mostly of the type that is wanted, so that
-- specialised code is made, and now and then of another, so that its assumptions fail.
--
-- What is not generated, because stock Lua prints it differently from run to run: addresses, the order of
-- hashed keys, times, the memory in use. Nor is an integer divided by zero: the line that some releases (5.4.4)
-- name for it depends on when memory was collected; nor three values concatenated at once by a metamethod, after
-- which 5.4.4 writes to a stack that has moved.

local PRELUDE = [[
local fuel = 4000
local unpack, concat, mathtype = table.unpack, table.concat, math.type
local function show(v, depth)
  local kind = type(v)
  if kind == "number" then
    if v ~= v then return "nan" end
    return mathtype(v) == "integer" and ("%d"):format(v) or ("%.14g"):format(v) .. (v == 0 and 1 / v < 0 and "-" or "f")
  elseif kind == "string" then
    return ("%q"):format((v:gsub(": 0x%x+", ": address")))
  elseif kind == "table" then
    if depth == 2 then return "{}" end
    local parts = {}
    for i = 1, 6 do parts[i] = show(rawget(v, i), 2) end
    for _, key in ipairs { "x", "y", "z", "n" } do
      parts[#parts + 1] = key .. "=" .. show(rawget(v, key), 2)
    end
    return "{" .. concat(parts, ",") .. "}"
  end
  return kind == "boolean" and tostring(v) or kind
end
local function out(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = show(t[i], 1) end
  io.write(concat(t, " ", 1, t.n), "\n")
end
local function burn(n)
  fuel = fuel - n
  if fuel < 0 then error("out of fuel", 0) end
end
local Base = { size = 3 }
Base.__index = Base
function Base:get(k) return self.x + (k or 1) end
function Base:put(v) self.y = v; return self end
function Base.__add(a, b) return (type(a) == "table" and a.x or a) + (type(b) == "table" and b.x or b) end
function Base.__concat(a, b) return "<" .. show(a, 2) .. show(b, 2) .. ">" end
function Base.__lt(a, b) return (type(a) == "table" and a.x or a) < (type(b) == "table" and b.x or b) end
function Base.__le(a, b) return not (Base.__lt(b, a)) end
function Base.__eq(a, b) return a.x == b.x end
function Base.__unm(a) return setmetatable({ x = -a.x, y = a.y }, getmetatable(a)) end
function Base.__call(self, a) return a, self.x end
function Base.__close(self, e) out("close", self.x, e) end
local Derived = setmetatable({ size = 5 }, { __index = Base })
Derived.__index = function(t, k) return k == "z" and 11 or Derived[k] end
Derived.__len = function(t) return t.x end
Derived.__close = Base.__close
function Derived:get(k) return Base.get(self, k) * 2 end
local function object(x, y) return setmetatable({ x = x, y = y }, Base) end
local function derived(x, y) return setmetatable({ x = x, y = y }, Derived) end
local g1, g2, g3 = 1, 2.5, "s"
G = 10
]]

local TYPES = { "int", "int", "num", "num", "str", "arr", "obj", "fun", "any" }
local INTEGERS = { "0", "1", "2", "3", "-1", "7", "10", "63", "64", "255", "-5", "1000003", "math.maxinteger",
  "math.mininteger", "0x7fffffff", "(1 << 62)" }
local FLOATS = { "0.0", "0.5", "-0.0", "1.5", "3.0", "-2.25", "1e15", "2^53", "1e308", "math.huge", "-math.huge",
  "(0/0)", "0.1", "9.2233720368547758e18" }
local STRINGS = { '""', '"a"', '"abc"', '"10"', '"0x10"', '" 7 "', '"3.5"', '"x"', '"y"', '"hello world"' }

--- The program of that seed: a block (see above); reduce.lua's text() makes source of it.
local function generate(seed)
  math.randomseed(seed)
  local random = math.random
  local function pick(list) return list[random(#list)] end
  local function chance(percent) return random(100) <= percent end

  local names = 0 -- given so far
  local scope = {} -- of variables { name, kind, constant }, innermost last
  local functions = {} -- declared so far: { name, parameters, returns kind, vararg }
  local loops = 0 -- around this place, in this function
  local vararg = false -- in a function with ...
  local exp, block

  local function fresh(prefix)
    names = names + 1
    return prefix .. names
  end

  local function variable(kind, assignable)
    local found = {}
    for _, v in ipairs(scope) do
      if (not kind or v.kind == kind or v.kind == "any" and chance(10)) and not (assignable and v.constant) then
        found[#found + 1] = v
      end
    end
    -- Late ones are local to the function, and more interesting.
    return #found > 0 and found[math.max(random(#found), random(#found))] or nil
  end

  local function declare(name, kind, constant)
    scope[#scope + 1] = { name = name, kind = kind, constant = constant }
    return name
  end

  local function arguments(f, depth)
    local list = {}
    for i, kind in ipairs(f.parameters) do list[i] = exp(chance(92) and kind or "any", depth) end
    if chance(5) then list[#list] = nil end
    if f.vararg or chance(5) then
      for _ = 1, random(0, 3) do list[#list + 1] = exp("num", depth) end
      if vararg and chance(30) then list[#list + 1] = "..." end
    end
    return table.concat(list, ", ")
  end

  local function call(kind, depth)
    local found = {}
    for _, f in ipairs(functions) do
      if not kind or f.returns == kind then found[#found + 1] = f end
    end
    if #found == 0 then return nil end
    local f = pick(found)
    return ("%s(%s)"):format(f.name, arguments(f, depth - 1))
  end

  local make = {}

  function make.int(depth)
    local v = chance(60) and variable "int"
    if v and chance(depth > 0 and 50 or 100) then return v.name end
    if depth <= 0 then return v and v.name or pick(INTEGERS) end
    local which = random(20)
    if which <= 8 then
      return ("(%s %s %s)"):format(exp("int", depth - 1), pick { "+", "-", "*", "+", "-", "&", "|", "~", ">>", "<<" },
        exp("int", depth - 1))
    elseif which == 9 then
      return ("(%s %s %s)"):format(exp("int", depth - 1), pick { "//", "%" }, pick { "3", "-7", "2", "16", "1",
        "(" .. exp("int", depth - 1) .. " | 1)" })
    elseif which == 10 then
      return ("(%s%s)"):format(pick { "- ", "~ " }, exp("int", depth - 1))
    elseif which == 11 then
      return "#" .. exp(pick { "arr", "arr", "str" }, 0)
    elseif which == 12 then
      return ("math.%s(%s, %s)"):format(pick { "max", "min" }, exp("int", depth - 1), exp("int", depth - 1))
    elseif which == 13 then
      return ("(%s and %s or %s)"):format(exp("bool", depth - 1), exp("int", depth - 1), exp("int", depth - 1))
    elseif which == 14 and vararg then
      return pick { 'select("#", ...)', "(... or 4)", "(select(2, ...) or 1)" }
    elseif which == 15 then
      return ("(math.tointeger(%s) or 5)"):format(exp("num", depth - 1))
    elseif which == 16 then
      return ("(string.byte(%s, %s) or 0)"):format(exp("str", 0), pick { "1", "2", "-1", exp("int", 0) })
    elseif which == 17 then
      return ("(%s // 1 | 0)"):format(pick { "7.0", "12.75", exp("int", depth - 1) })
    elseif which == 18 then
      return pick { "math.abs", "math.floor", "math.ceil" } .. "(" .. exp("int", depth - 1) .. ")"
    end
    return call("int", depth) or exp("int", depth - 1)
  end

  function make.num(depth)
    local v = chance(60) and variable(pick { "num", "num", "int" })
    if v and chance(depth > 0 and 50 or 100) then return v.name end
    if depth <= 0 then return v and v.name or pick(chance(50) and FLOATS or INTEGERS) end
    local which = random(16)
    if which <= 7 then
      return ("(%s %s %s)"):format(exp("num", depth - 1), pick { "+", "-", "*", "/", "+", "-", "*", "^" },
        exp("num", depth - 1))
    elseif which == 8 then
      return ("(%s %s %s)"):format(exp("num", depth - 1), pick { "//", "%" }, pick { pick(FLOATS), "3",
        "(" .. exp("int", depth - 1) .. " | 1)" })
    elseif which == 9 then
      return ("(- %s)"):format(exp("num", depth - 1))
    elseif which == 10 then
      return ("math.%s(%s)"):format(pick { "sqrt", "floor", "abs", "ceil", "sin" }, exp("num", depth - 1))
    elseif which == 11 then
      return ("(%s[%s] or 1)"):format(exp("arr", 0), exp("int", 0))
    elseif which == 12 then
      return ("%s.%s"):format(exp("obj", 0), pick { "x", "y", "size", "z" })
    elseif which == 13 then
      return ("%s:get(%s)"):format(exp("obj", 0), exp("num", depth - 1))
    elseif which == 14 then
      return pick { "g1", "g2", "G", "(tonumber(" .. exp("str", 0) .. ") or 2)" }
    elseif which == 15 then
      return ("(%s + %s)"):format(exp("obj", 0), exp(pick { "num", "obj" }, 0))
    end
    return call("num", depth) or exp("int", depth - 1)
  end

  function make.str(depth)
    local v = chance(50) and variable "str"
    if v then return v.name end
    if depth <= 0 then return pick(STRINGS) end
    local which = random(9)
    if which <= 2 then
      return ("(%s .. %s)"):format(exp("str", depth - 1), exp(pick { "str", "int", "num" }, 0))
    elseif which == 3 then
      return ("tostring(%s)"):format(exp(pick { "int", "num", "bool", "str" }, depth - 1))
    elseif which == 4 then
      return ("string.sub(%s, %s, %s)"):format(exp("str", depth - 1), exp("int", 0), exp("int", 0))
    elseif which == 5 then
      return ("(%s):%s()"):format(exp("str", depth - 1), pick { "upper", "lower", "reverse" })
    elseif which == 6 then
      return ('string.format("%%s|%%s", %s, %s)'):format(exp("int", 0), exp("str", 0))
    elseif which == 7 then
      return ("type(%s)"):format(exp("any", 0))
    elseif which == 8 then
      return ("(%s .. %s)"):format(exp("obj", 0), exp("str", 0))
    end
    return call("str", depth) or pick(STRINGS)
  end

  function make.bool(depth)
    local which = depth > 0 and random(10) or random(4)
    if which <= 4 then
      local kind = pick { "int", "num", "num", "int", "str" }
      return ("%s %s %s"):format(exp(kind, depth - 1), pick { "<", "<=", ">", ">=", "==", "~=" }, exp(kind, depth - 1))
    elseif which == 5 then
      return ("%s %s %s"):format(exp("any", depth - 1), pick { "==", "~=" }, exp("any", depth - 1))
    elseif which == 6 then
      return ("(%s)"):format(exp("any", depth - 1))
    elseif which == 7 then
      return ("not (%s)"):format(exp("bool", depth - 1))
    elseif which == 8 then
      return ("%s %s %s"):format(exp("obj", 0), pick { "<", "<=", "==", "~=" }, exp("obj", 0))
    elseif which == 9 then
      return ("%s == %s"):format(exp("any", depth - 1), pick { "nil", "true", "1", '"a"', "false" })
    end
    return ("(%s %s %s)"):format(exp("bool", depth - 1), pick { "and", "or" }, exp("bool", depth - 1))
  end

  -- Arrays have no holes: which of several borders '#' finds is nobody's promise.
  local function element(depth)
    local text = exp(pick { "int", "num", "num" }, depth)
    return text:find "^%(.- [-+*/&|~^] .*%)$" and text or "(" .. text .. " or 0)"
  end

  function make.arr(depth)
    local v = variable "arr"
    if v and chance(depth > 0 and 80 or 97) then return v.name end
    local list = {}
    for i = 1, random(0, 5) do list[i] = element(depth - 1) end
    if vararg and chance(25) then list[#list + 1] = "select('#', ...)" end
    return "({ " .. table.concat(list, ", ") .. " })"
  end

  function make.obj(depth)
    local v = variable "obj"
    if v and chance(depth > 0 and 70 or 90) then return v.name end
    return ("%s(%s, %s)"):format(pick { "object", "object", "derived" }, exp("int", depth - 1),
      exp("num", depth - 1))
  end

  function make.fun(depth)
    local v = variable "fun"
    if v and chance(70) then return v.name end
    local outer, outer_vararg, size = loops, vararg, #scope
    loops, vararg = 0, false
    local name = declare(fresh "p", "num", false)
    local body = exp("num", math.max(depth, 1))
    local assigned = chance(30) and variable("num", true)
    local text = ("(function(%s) %sreturn %s end)"):format(name,
      assigned and ("%s = %s "):format(assigned.name, exp("num", 1)) or "", body)
    for i = #scope, size + 1, -1 do scope[i] = nil end
    loops, vararg = outer, outer_vararg
    return text
  end

  function make.any(depth)
    if chance(15) then return pick { "nil", "true", "false" } end
    local v = chance(40) and variable()
    if v then return v.name end
    return exp(pick { "int", "num", "str", "bool", "arr", "obj" }, depth - 1)
  end

  function exp(kind, depth)
    if kind ~= "any" and chance(3) then
      local other = exp("any", depth)
      return other:find "^%a[%w]*$" and other or "(" .. other .. ")"
    end
    if kind == "any" and depth <= 0 then
      local v = chance(50) and variable()
      return v and v.name or pick(INTEGERS)
    end
    return make[kind](depth)
  end

  local function scoped(f, ...)
    local size = #scope
    local result = f(...)
    for i = #scope, size + 1, -1 do scope[i] = nil end
    return result
  end

  -- Inside of a function that has no varargs.
  local function without_dots(f, ...)
    local outer = vararg
    vararg = false
    local result = scoped(f, ...)
    vararg = outer
    return result
  end

  local statement = {}

  function statement.declare()
    local kind = pick(TYPES)
    local value = exp(kind, 3)
    local name = fresh "v"
    local constant = chance(5)
    declare(name, kind, constant)
    return { ("local %s%s = %s"):format(name, constant and " <const>" or "", value) }
  end

  function statement.assign()
    local v = variable(nil, true)
    if not v then return statement.declare() end
    return { ("%s = %s"):format(v.name, exp(chance(95) and v.kind or "any", 3)) }
  end

  function statement.accumulate()
    local v = variable(pick { "int", "num" }, true)
    if not v then return statement.declare() end
    return { ("%s = %s %s %s"):format(v.name, v.name, pick { "+", "-", "*", "+" }, exp(v.kind, 2)) }
  end

  function statement.multiple()
    local a, b = variable("num", true), variable("int", true)
    if not a or not b or a == b then return statement.declare() end
    return { chance(50) and ("%s, %s = %s, %s"):format(a.name, b.name, exp("num", 1), exp("int", 1))
      or ("%s, %s = %s, %s"):format(a.name, b.name, b.name, a.name) }
  end

  function statement.store()
    local which = random(8)
    if which <= 3 then
      local array = exp("arr", -1)
      if array:sub(1, 1) == "(" then return statement.declare() end
      return { ("%s[%s] = %s"):format(array, chance(40) and "#" .. array .. " + 1"
        or ("(%s) %% (#%s + 1)"):format(exp("int", 1), array), element(2)) }
    elseif which <= 6 then
      local v = variable "obj"
      if not v then return statement.declare() end
      return { ("%s.%s = %s"):format(v.name, pick { "x", "y", "z", "n" }, exp(chance(90) and "num" or "any", 2)) }
    elseif which == 7 then
      return { ("%s = %s"):format(pick { "g1", "g2", "G" }, exp("num", 2)) }
    end
    local v = variable "obj"
    return v and { ("%s:put(%s)"):format(v.name, exp("num", 2)) } or statement.declare()
  end

  function statement.print()
    return { ("out(%s, %s)"):format(exp("any", 2), exp(pick { "int", "num", "str" }, 2)) }
  end

  function statement.branch(depth)
    local node = { ("if %s then"):format(exp("bool", 2)), scoped(block, depth - 1, random(1, 3)) }
    if chance(25) then
      node[#node + 1] = ("elseif %s then"):format(exp("bool", 2))
      node[#node + 1] = scoped(block, depth - 1, random(1, 2))
    end
    if chance(50) then
      node[#node + 1] = "else"
      node[#node + 1] = scoped(block, depth - 1, random(1, 3))
    end
    node[#node + 1] = "end"
    return node
  end

  -- A variable changes its type in mid-loop.
  function statement.change()
    local v = variable(pick { "int", "num", "str", "obj", "fun" }, true)
    local counter = loops > 0 and variable "int"
    if not v or not counter then return statement.assign() end
    return { ("if %s == %d then %s = %s end"):format(counter.name, random(3, 9), v.name, exp("any", 2)) }
  end

  function statement.leave()
    if loops > 0 and chance(50) then
      return { ("if %s then break end"):format(exp("bool", 2)) }
    end
    return { ("if %s then return %s end"):format(exp("bool", 2), exp("any", 2)) }
  end

  local function loop(depth, kind, name)
    loops = loops + 1
    local result = scoped(function()
      if name then declare(name, kind, false) end
      local inner = block(depth - 1, random(2, 5))
      table.insert(inner, 1, { "burn(1)" })
      return inner
    end)
    loops = loops - 1
    return result
  end

  function statement.count(depth)
    local name = fresh "i"
    local which = random(10)
    local head, kind
    if which <= 6 then
      head, kind = ("%d, %s"):format(random(-3, 2), pick { "6", "9", "12", "#" .. exp("arr", 0) }), "int"
    elseif which == 7 then
      head, kind = ("%d, %d, %d"):format(random(5, 12), random(-3, 2), -random(3)), "int"
    elseif which == 8 then
      head, kind = ("%.2f, %d, %s"):format(random(4) / 4, random(3, 6), pick { "0.5", "1", "0.75" }), "num"
    elseif which == 9 then
      head, kind = pick { "math.maxinteger - 3, math.maxinteger", "math.mininteger + 4, math.mininteger, -2",
        "1, 0", "1, 3.7", "3, 1, -1", "1, math.huge" }, "int"
      if head == "1, math.huge" then
        local body = loop(depth, kind, name)
        table.insert(body, 1, { ("if %s > 8 then break end"):format(name) })
        return { ("for %s = %s do"):format(name, head), body, "end" }
      end
    else
      head, kind = ("%s, %s"):format(exp("int", 1) .. " % 5", exp("int", 1) .. " % 11"), "int"
    end
    return { ("for %s = %s do"):format(name, head), loop(depth, kind, name), "end" }
  end

  function statement.each(depth)
    local k, v = fresh "k", fresh "e"
    local which = random(4)
    if which <= 2 then
      loops = loops + 1
      local body = scoped(function()
        declare(k, "int")
        declare(v, "num")
        return block(depth - 1, random(1, 4))
      end)
      loops = loops - 1
      table.insert(body, 1, { "burn(1)" })
      return { ("for %s, %s in ipairs(%s) do"):format(k, v, exp("arr", 1)), body, "end" }
    elseif which == 3 then
      local sum = variable("num", true)
      if not sum then return statement.declare() end
      return { ("for %s, %s in pairs(%s) do"):format(k, v, exp(pick { "arr", "obj" }, 1)),
        { { ("if mathtype(%s) == 'integer' then %s = %s + (%s & 255) end"):format(v, sum.name, sum.name, v) } }, "end" }
    end
    local steps = fresh "n"
    loops = loops + 1
    local body = scoped(function()
      declare(k, "int")
      return block(depth - 1, random(1, 3))
    end)
    loops = loops - 1
    table.insert(body, 1, { "burn(1)" })
    return { ("for %s in function(%s, c) if c < %s then return c + 1 end end, %s, 0 do"):format(k, steps, steps,
      random(3, 9)), body, "end" }
  end

  function statement.whilst(depth)
    local name = fresh "w"
    local kind = pick { "int", "num" }
    local step = kind == "int" and "1" or "0.5"
    if chance(50) then
      local body = loop(depth, kind, nil)
      table.insert(body, 1, { ("%s = %s + %s"):format(name, name, step) })
      return { ("local %s = 0"):format(name), ("while %s < %d do"):format(name, random(3, 9)), body, "end" }
    end
    local body = loop(depth, kind, nil)
    local last = fresh "l"
    table.insert(body, 1, { ("%s = %s + %s"):format(name, name, step) })
    body[#body + 1] = { ("local %s = %s >= %d"):format(last, name, random(3, 9)) }
    return { ("local %s = 0"):format(name), "repeat", body, "until " .. last }
  end

  function statement.continue(depth)
    local name, label = fresh "i", fresh "L"
    loops = loops + 1
    local body = scoped(function()
      declare(name, "int")
      local condition = exp("bool", 2)
      local before = block(depth - 1, random(1, 2))
      local inner = scoped(block, depth - 1, random(1, 3))
      before[#before + 1] = { ("if %s then goto %s end"):format(condition, label) }
      before[#before + 1] = { "do", inner, "end" }
      before[#before + 1] = { ("::%s::"):format(label) }
      table.insert(before, 1, { "burn(1)" })
      -- A jump must not enter the scope of a local.
      return { { "do", before, "end" } }
    end)
    loops = loops - 1
    return { ("for %s = 1, %d do"):format(name, random(4, 9)), body, "end" }
  end

  function statement.invoke()
    local text = call(nil, 3)
    if not text then return statement.print() end
    if chance(40) then return { text } end
    local a, b = fresh "v", fresh "v"
    declare(a, "any")
    declare(b, "any")
    return { ("local %s, %s = %s"):format(a, b, text) }
  end

  -- The body of a function in the middle of another.
  local function own_function(depth, parameters)
    local outer = loops
    loops = 0
    local result = without_dots(function()
      for _, p in ipairs(parameters) do declare(p.name, p.kind) end
      return block(depth, random(2, 5))
    end)
    loops = outer
    return result
  end

  function statement.protect(depth)
    local ok, value = fresh "ok", fresh "r"
    local body = own_function(depth - 1, {})
    if chance(40) then
      body[#body + 1] = { ("error(%s)"):format(without_dots(exp, pick { "str", "int", "obj", "any" }, 1)) }
    end
    declare(value, "any")
    return { ("local %s, %s = pcall(function()"):format(ok, value), body, "end)",
      ("out(%s, %s)"):format(ok, value) }
  end

  function statement.close(depth)
    local name = fresh "c"
    local body = scoped(function()
      declare(name, "obj", true)
      return block(depth - 1, random(1, 3))
    end)
    local value = ("%s(%s, 0)"):format(pick { "object", "derived" }, exp("int", 1))
    table.insert(body, 1, { ("local %s <close> = %s"):format(name, value) })
    return { "do", body, "end" }
  end

  function statement.coroutine(depth)
    local name, value = fresh "co", fresh "y"
    local body = own_function(depth - 1, { { name = value, kind = "int" } })
    local index = fresh "i"
    body = { { "local a = 0" }, { ("for %s = 1, %d do"):format(index, random(2, 6)), body,
      ("a = a + (coroutine.yield(%s, %s) or 1)"):format(index, chance(50) and "a" or exp("num", 0)), "end" } }
    return { ("local %s = coroutine.wrap(function(%s)"):format(name, value), body, "end)",
      ("for q = 1, %d do out(pcall(%s, q)) end"):format(random(2, 7), name) }
  end

  function statement.closures()
    local list, index = fresh "fs", fresh "i"
    local v = variable("num", true)
    return { ("local %s = {}"):format(list), ("for %s = 1, %d do"):format(index, random(2, 6)),
      { { ("%s[%s] = function(d) %s = %s + d; %sreturn %s end"):format(list, index, index, index,
        v and ("%s = %s + 1; "):format(v.name, v.name) or "", index) } }, "end",
      ("for _, f in ipairs(%s) do out(f(1), f(%s)) end"):format(list, exp("num", 1)) }
  end

  function statement.library()
    local which = random(7)
    local array = exp("arr", 0)
    if which == 1 and array:sub(1, 1) ~= "(" then
      return { ("table.insert(%s, %s)"):format(array, element(1)) }
    elseif which == 2 and array:sub(1, 1) ~= "(" then
      return { ("out(table.remove(%s))"):format(array) }
    elseif which == 3 then
      return { ("out(pcall(table.concat, %s, ','))"):format(array) }
    elseif which == 4 then
      return { ("out(unpack(%s, 1, %d))"):format(array, random(0, 4)) }
    elseif which == 5 then
      return { ("out(pcall(table.sort, %s, function(p, q) return p %s q end))"):format(array, pick { "<", ">" }) }
    elseif which == 6 then
      return { ("out((string.gsub(%s, '%%w', function(c) return %s end)))"):format(exp("str", 1),
        pick { "c .. c", "nil", "c:upper()", "#c" }) }
    end
    return { ("out(select(%s, %s, %s, %s))"):format(pick { "1", "2", "-1", "3" }, exp("num", 1), exp("str", 0),
      exp("int", 1)) }
  end

  function statement.metatable()
    local v = variable "obj"
    if not v then return statement.declare() end
    return { pick {
      ("setmetatable(%s, %s)"):format(v.name, pick { "Base", "Derived", "Base", "nil" }),
      ("Base.%s = %s"):format(pick { "size", "z" }, exp("num", 1)),
      ("function Base.__add(a, b) return %s end"):format(pick { "1", "2.5", "'s'" }),
      ("function Base:get(k) return %s end"):format(pick { "self.y", "k", "self.x" }),
    } }
  end

  -- A function that calls itself, sometimes at its end.
  function statement.recursion(depth)
    local name, n, value = fresh "rec", fresh "n", fresh "v"
    local kind = pick { "int", "num", "str", "obj", "arr" }
    local parameters = { { name = n, kind = "int" }, { name = value, kind = kind } }
    local body = own_function(depth - 1, parameters)
    local result = without_dots(function()
      declare(n, "int")
      declare(value, kind)
      return chance(40) and ("return %s(%s - 1, %s)"):format(name, n, exp(kind, 2))
        or ("return %s, %s(%s - %d, %s)"):format(exp("any", 1), name, n, random(2), exp(kind, 2))
    end)
    table.insert(body, 1, { ("if %s <= 0 then return %s end"):format(n, value) })
    table.insert(body, 1, { "burn(1)" })
    body[#body + 1] = { "do " .. result .. " end" }
    return { ("local function %s(%s, %s)"):format(name, n, value), body, "end",
      ("out(%s(%d, %s))"):format(name, random(2, 6), exp(kind, 1)) }
  end

  -- A method, a metamethod or a closure called in a loop, with results of it in several places.
  function statement.hot()
    local v = variable "obj"
    local sum, index = fresh "s", fresh "i"
    local f = variable "fun"
    local object = v and v.name or "object(1, 2)"
    declare(sum, "num")
    local step = pick {
      ("%s = %s + %s:get(%s)"):format(sum, sum, object, index),
      ("%s = %s + (%s + %s)"):format(sum, sum, object, index),
      ("if %s < %s then %s = %s + 1 end"):format(object, index, sum, sum),
      ("%s.x = %s; %s = %s - %s.x * 2"):format(object, exp("num", 1), sum, sum, object),
      ("local a, b = %s(%s); %s = %s + (b or a)"):format(object, index, sum, sum),
      ("%s = %s + #%s"):format(sum, sum, object),
      ("%s = %s + (%s and %s(%s) or 1)"):format(sum, sum, f and f.name or "nil", f and f.name or "unpack", index),
      ("%s = %s .. %s .. %s"):format(sum, pick { sum, '""' }, index, "tostring(" .. exp("str", 1) .. ")"),
      ("local t = { %s, %s, x = %s }; t[#t + 1] = %s; %s = %s + t[1] + #t + t.x"):format(index, sum, index, sum, sum,
        sum),
    }
    return { ("local %s = %s"):format(sum, pick { "0", "0.5" }), ("for %s = 1, %d do"):format(index, random(5, 40)),
      { { step }, statement.change() }, "end" }
  end

  -- The frame is looked at, and changed, from a function it calls.
  function statement.debug()
    local v = variable(pick { "int", "num", "any" }, true)
    local name = fresh "d"
    return { ("local function %s(n, to)"):format(name), {
      { "for i = 1, 4 do", { { "local key, value = debug.getlocal(2, i)" },
        { "if key == n and to ~= nil then debug.setlocal(2, i, to) end" },
        { "if key and key:sub(1, 1) ~= '(' then out(key, value) end" } }, "end" },
      { 'local info = debug.getinfo(2, "Slnt")' },
      { "out(info.currentline, info.name, info.namewhat, info.istailcall, info.what)" } }, "end",
      ("%s(%q, %s)"):format(name, v and v.name or "", pick { "nil", "7", "2.5", "'z'" }) }
  end

  function statement.hook(depth)
    local name = fresh "h"
    return { ("local %s = 0"):format(name),
      ("debug.sethook(function(e, line) %s = (%s * 31 + (line or 5)) %% 1000003 end, %q)"):format(name, name,
        pick { "l", "c", "r", "crl" }), "do", scoped(block, depth - 1, random(1, 2)), "end", "debug.sethook()",
      ("out(%s)"):format(name) }
  end

  function statement.many()
    local f, g = call(nil, 2), call(nil, 1)
    if not f then return statement.print() end
    return { pick {
      ("out(%s, %s)"):format(f, g),
      ("out(({ %s, %s })[2], select('#', %s))"):format(f, g, g),
      ("out((%s), %s)"):format(g, f),
      ("out(#{ %s }, unpack({ %s }))"):format(f, g),
      ("for i = 1, 3 do g1, g2 = %s end"):format(f),
    } }
  end

  function statement.traceback()
    local text = without_dots(call, nil, 2)
    return { text and ("out(select(2, xpcall(function() return %s + {} end, debug.traceback)))"):format(text)
      or "out(debug.traceback('here'))" }
  end

  local SIMPLE = { "declare", "declare", "declare", "assign", "assign", "accumulate", "accumulate", "multiple", "store",
    "store", "print", "change", "leave", "invoke", "library", "metatable", "closures",
    "hot", "hot", "many" }
  local NESTED = { "branch", "branch", "count", "count", "each", "whilst", "continue", "protect", "close", "coroutine",
    "recursion" }

  function block(depth, n)
    local list = {}
    for _ = 1, n do
      local kind = depth > 0 and chance(40) and pick(NESTED) or pick(SIMPLE)
      if kind == "metatable" and chance(70) then kind = "assign" end
      if chance(3) then kind = depth > 0 and chance(30) and "hook" or "debug" end
      if kind == "closures" and chance(50) then kind = "store" end
      list[#list + 1] = statement[kind](depth)
    end
    return list
  end

  local program = {}
  for _, v in ipairs { { "g1", "num" }, { "g2", "num" }, { "g3", "str" } } do declare(v[1], v[2]) end
  for _ = 1, random(2, 4) do
    local f = { name = fresh "f", parameters = {}, returns = pick { "int", "num", "num", "str", "any" },
      vararg = chance(25) }
    local parameters, list = {}, {}
    for i = 1, random(0, 4) do
      parameters[i] = { name = fresh "a", kind = pick(TYPES) }
      f.parameters[i], list[i] = parameters[i].kind, parameters[i].name
    end
    if f.vararg then list[#list + 1] = "..." end
    local result
    local outer = vararg
    local body = scoped(function()
      for _, p in ipairs(parameters) do declare(p.name, p.kind) end
      vararg = f.vararg
      local inner = block(3, random(3, 7))
      result = exp(f.returns, 3)
      return inner
    end)
    vararg = outer
    table.insert(body, 1, { "burn(5)" })
    body[#body + 1] = { "do return " .. result .. (chance(20) and ", " .. pick { "1", "nil", "'z'" } or "") .. " end" }
    program[#program + 1] = { ("local function %s(%s)"):format(f.name, table.concat(list, ", ")), body, "end" }
    functions[#functions + 1] = f
    -- It is called often enough to be compiled, then with arguments of other types.
    local calls = {}
    for i = 1, 3 do
      calls[i] = { ("out(pcall(function() return %s(%s) end))"):format(f.name, arguments(f, 1)) }
    end
    program[#program + 1] = { "for round = 1, 4 do", calls, "end" }
    program[#program + 1] = { "fuel = 4000" }
    if chance(30) then program[#program + 1] = statement.traceback() end
  end
  program[#program + 1] = { "local ok, message = pcall(function()", own_function(2, {}), "end)" }
  program[#program + 1] = { "out(ok, message)" }
  program[#program + 1] = { "out(g1, g2, G)" }
  return program
end

return { generate = generate, prelude = PRELUDE }
