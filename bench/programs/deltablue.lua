-- Incremental constraints between variables, stronger ones override weaker ones, in the spirit of DeltaBlue.
local REQUIRED, STRONG, NORMAL, WEAK, WEAKEST = 1, 2, 3, 4, 5

local Variable = {}
Variable.__index = Variable

function Variable.new(value)
  return setmetatable({
    value = value, constraints = {}, determined_by = nil, strength = WEAKEST, stay = true, mark = 0,
  }, Variable)
end

function Variable:remove(constraint)
  for i, other in ipairs(self.constraints) do
    if other == constraint then
      table.remove(self.constraints, i)
      return
    end
  end
end

-- A constraint lists its methods: each computes one output variable from the others.
local Constraint = {}
Constraint.__index = Constraint

function Constraint.new(strength, is_input, variables, methods)
  return setmetatable({
    strength = strength, is_input = is_input, variables = variables, methods = methods, selected = nil,
  }, Constraint)
end

local function stay(variable, strength)
  return Constraint.new(strength, false, { variable }, { { output = variable } })
end

local function edit(variable)
  return Constraint.new(STRONG, true, { variable }, { { output = variable } })
end

local function equal(a, b)
  return Constraint.new(REQUIRED, false, { a, b }, {
    { output = b, run = function() return a.value end },
    { output = a, run = function() return b.value end },
  })
end

local function scale(source, factor, offset, target)
  return Constraint.new(REQUIRED, false, { source, factor, offset, target }, {
    { output = target, run = function() return source.value * factor.value + offset.value end },
    { output = source, run = function() return (target.value - offset.value) / factor.value end },
  })
end

-- The best method writes the weakest variable that is weaker than the constraint itself.
function Constraint:choose(mark)
  local best
  for _, method in ipairs(self.methods) do
    local output = method.output
    if output.mark ~= mark and output.strength > self.strength
      and (not best or output.strength > best.output.strength) then
      best = method
    end
  end
  self.selected = best
end

function Constraint:inputs_known(mark)
  for _, variable in ipairs(self.variables) do
    if variable ~= self.selected.output and not (variable.mark == mark or variable.stay
      or not variable.determined_by) then
      return false
    end
  end
  return true
end

function Constraint:recalculate()
  local output = self.selected.output
  local strength, fixed = self.strength, not self.is_input
  for _, method in ipairs(self.methods) do
    if method ~= self.selected and method.output.strength > strength then
      strength = method.output.strength
    end
  end
  for _, variable in ipairs(self.variables) do
    if variable ~= output then
      fixed = fixed and variable.stay
    end
  end
  output.strength, output.stay = strength, fixed
  if fixed then
    self:execute()
  end
end

function Constraint:execute()
  local method = self.selected
  if method.run then
    method.output.value = method.run()
  end
end

local Planner = {}
Planner.__index = Planner

function Planner.new()
  return setmetatable({ mark = 0, propagated = 0 }, Planner)
end

function Planner:new_mark()
  self.mark = self.mark + 1
  return self.mark
end

local function add_consumers(variable, list)
  for _, constraint in ipairs(variable.constraints) do
    if constraint ~= variable.determined_by and constraint.selected then
      list[#list + 1] = constraint
    end
  end
end

function Planner:propagate(constraint, mark)
  local todo = { constraint }
  while #todo > 0 do
    local current = table.remove(todo)
    local output = current.selected.output
    assert(output.mark ~= mark or current == constraint, "cycle of constraints")
    current:recalculate()
    self.propagated = self.propagated + 1
    add_consumers(output, todo)
  end
end

-- Satisfies a constraint; returns the one that it overrides, if any.
function Planner:satisfy(constraint, mark)
  constraint:choose(mark)
  local method = constraint.selected
  if not method then
    assert(constraint.strength ~= REQUIRED, "cannot satisfy a required constraint")
    return nil
  end
  for _, variable in ipairs(constraint.variables) do
    if variable ~= method.output then
      variable.mark = mark
    end
  end
  local overridden = method.output.determined_by
  if overridden then
    overridden.selected = nil
  end
  method.output.determined_by = constraint
  self:propagate(constraint, mark)
  method.output.mark = mark
  return overridden
end

function Planner:add(constraint)
  for _, variable in ipairs(constraint.variables) do
    table.insert(variable.constraints, constraint)
  end
  local mark = self:new_mark()
  local next_one = constraint
  while next_one do
    next_one = self:satisfy(next_one, mark)
  end
  return constraint
end

function Planner:remove(constraint)
  for _, variable in ipairs(constraint.variables) do
    variable:remove(constraint)
  end
  local method = constraint.selected
  constraint.selected = nil
  if not method then
    return
  end
  local unsatisfied, todo = {}, { method.output }
  method.output.determined_by = nil
  while #todo > 0 do
    local variable = table.remove(todo)
    if not variable.determined_by then
      variable.strength, variable.stay = WEAKEST, true
    end
    local consumers = {}
    for _, other in ipairs(variable.constraints) do
      if not other.selected then
        unsatisfied[#unsatisfied + 1] = other
      end
    end
    add_consumers(variable, consumers)
    for _, consumer in ipairs(consumers) do
      consumer:recalculate()
      todo[#todo + 1] = consumer.selected.output
    end
  end
  table.sort(unsatisfied, function(a, b)
    return a.strength < b.strength
  end)
  for _, other in ipairs(unsatisfied) do
    if not other.selected then
      local mark, next_one = self:new_mark(), other
      while next_one do
        next_one = self:satisfy(next_one, mark)
      end
    end
  end
end

-- The order of execution that carries a change of the inputs through all that depends on them.
function Planner:plan(inputs)
  local mark, plan, todo = self:new_mark(), {}, {}
  for i, input in ipairs(inputs) do
    todo[i] = input
  end
  while #todo > 0 do
    local constraint = table.remove(todo)
    local output = constraint.selected.output
    if output.mark ~= mark and constraint:inputs_known(mark) then
      plan[#plan + 1] = constraint
      output.mark = mark
      add_consumers(output, todo)
    end
  end
  return plan
end

function Planner:change(variable, values)
  local input = self:add(edit(variable))
  local plan = self:plan({ input })
  for _, value in ipairs(values) do
    variable.value = value
    for _, constraint in ipairs(plan) do
      constraint:execute()
    end
  end
  self:remove(input)
  return #plan
end

local function chain(n)
  local planner, variables = Planner.new(), {}
  for i = 0, n do
    variables[i] = Variable.new(0)
    if i > 0 then
      planner:add(equal(variables[i - 1], variables[i]))
    end
  end
  planner:add(stay(variables[n], NORMAL))
  local sum, planned = 0, 0
  for round = 1, 20 do
    planned = planned + planner:change(variables[0], { round, round * 2, round * 3 })
    sum = sum + variables[n].value
    planned = planned + planner:change(variables[n], { round, round + 1 })
    sum = sum + variables[0].value
  end
  print(string.format("chain: %d %d %d", sum, planned, planner.propagated))
end

local function projection(n)
  local planner = Planner.new()
  local factor, offset = Variable.new(10), Variable.new(1000)
  planner:add(stay(factor, WEAK))
  planner:add(stay(offset, WEAK))
  local sources, targets = {}, {}
  for i = 1, n do
    sources[i], targets[i] = Variable.new(i), Variable.new(i)
    planner:add(stay(sources[i], NORMAL))
    planner:add(scale(sources[i], factor, offset, targets[i]))
  end
  local planned = planner:change(sources[n], { 17, 18 })
  print(string.format("%d", targets[n].value))
  planned = planned + planner:change(targets[n], { 1050 })
  print(string.format("%d", sources[n].value))
  for value = 1, 20 do
    planned = planned + planner:change(factor, { value, 5 })
    planned = planned + planner:change(offset, { value, 2000 })
  end
  local sum = 0
  for i = 1, n do
    sum = sum + targets[i].value
  end
  print(string.format("projection: %d %d %d", sum, planned, planner.propagated))
end

local n = tonumber(arg and arg[1]) or 4000
chain(n)
projection(n)
