-- Arithmetic expressions parsed into trees by precedence climbing, evaluated, compiled to closures, written again.
local binary = {
  ["+"] = { 1, 2 }, ["-"] = { 1, 2 }, ["*"] = { 3, 4 }, ["/"] = { 3, 4 }, ["^"] = { 8, 7 },
}

local function tokenize(text)
  local tokens = {}
  local at = 1
  while true do
    at = text:match("^%s*()", at)
    if at > #text then
      return tokens
    end
    local token, after = text:match("^(%d+%.?%d*)()", at)
    if not token then
      token, after = text:match("^(%a%w*)()", at)
    end
    if not token then
      token, after = text:match("^([-+*/^()])()", at)
    end
    if not token then
      error("unexpected character at " .. at)
    end
    tokens[#tokens + 1] = token
    at = after
  end
end

local Parser = {}
Parser.__index = Parser

function Parser:advance()
  local token = self.tokens[self.at]
  self.at = self.at + 1
  return token
end

function Parser:primary()
  local token = self:advance()
  if token == "(" then
    local tree = self:expression(0)
    assert(self:advance() == ")", "expected )")
    return tree
  elseif token == "-" then
    return { kind = "negate", operand = self:expression(5) }
  elseif tonumber(token) then
    return { kind = "number", value = tonumber(token) }
  end
  return { kind = "variable", name = token }
end

function Parser:expression(minimum)
  local left = self:primary()
  while true do
    local operator = self.tokens[self.at]
    local binding = binary[operator]
    if not binding or binding[1] < minimum then
      return left
    end
    self.at = self.at + 1
    left = { kind = "binary", operator = operator, left = left, right = self:expression(binding[2]) }
  end
end

local function parse(text)
  return setmetatable({ tokens = tokenize(text), at = 1 }, Parser):expression(0)
end

local function apply(operator, a, b)
  if operator == "+" then
    return a + b
  elseif operator == "-" then
    return a - b
  elseif operator == "*" then
    return a * b
  elseif operator == "/" then
    return a / b
  end
  return a ^ b
end

local function evaluate(tree, variables)
  local kind = tree.kind
  if kind == "number" then
    return tree.value
  elseif kind == "variable" then
    return variables[tree.name]
  elseif kind == "negate" then
    return -evaluate(tree.operand, variables)
  end
  return apply(tree.operator, evaluate(tree.left, variables), evaluate(tree.right, variables))
end

local function compile(tree)
  local kind = tree.kind
  if kind == "number" then
    local value = tree.value
    return function() return value end
  elseif kind == "variable" then
    local name = tree.name
    return function(variables) return variables[name] end
  elseif kind == "negate" then
    local operand = compile(tree.operand)
    return function(variables) return -operand(variables) end
  end
  local left, right, operator = compile(tree.left), compile(tree.right), tree.operator
  if operator == "+" then
    return function(variables) return left(variables) + right(variables) end
  elseif operator == "*" then
    return function(variables) return left(variables) * right(variables) end
  end
  return function(variables) return apply(operator, left(variables), right(variables)) end
end

local function write(tree)
  local kind = tree.kind
  if kind == "number" then
    return string.format("%g", tree.value)
  elseif kind == "variable" then
    return tree.name
  elseif kind == "negate" then
    return "(-" .. write(tree.operand) .. ")"
  end
  return "(" .. write(tree.left) .. " " .. tree.operator .. " " .. write(tree.right) .. ")"
end

local formulas = {
  "1 + 2 * x - y / 4",
  "(x + y) * (x - y) - x^2 + y^2",
  "-x^2 + 3.5 * (y - (2 - x) / (1 + y * y))",
  "2 ^ 3 ^ 2 / 256 + ((((x))))",
}

local n = tonumber(arg and arg[1]) or 28000
local parsed, length = 0, 0
for _ = 1, n do
  for _, formula in ipairs(formulas) do
    local text = write(parse(formula))
    parsed, length = parsed + 1, length + #text
  end
end
print(string.format("%d %d", parsed, length))

for _, formula in ipairs(formulas) do
  local tree = parse(formula)
  local f, variables = compile(tree), {}
  local evaluated, called = 0, 0
  for i = 1, n * 4 do
    variables.x, variables.y = i % 10, i % 7
    evaluated = evaluated + evaluate(tree, variables)
    called = called + f(variables)
  end
  print(string.format("%s = %.6f %.6f", write(tree), evaluated, called))
end
