-- Errors thrown and caught in loops: messages, tables as errors, nested calls, handlers, cleaning up.
local function check_even(n)
  if n % 2 == 1 then
    error("odd number")
  end
  return n / 2
end

local function divide(a, b)
  if b == 0 then
    error({ code = "zero", value = a })
  end
  return a / b
end

local function parse_number(text)
  return tonumber(text) or error("not a number: " .. text, 0)
end

local function count_outcomes(n)
  local good, bad, sum = 0, 0, 0
  for i = 1, n do
    local ok, result = pcall(check_even, i)
    if ok then
      good, sum = good + 1, sum + result
    else
      assert(result:find("odd number", 1, true))
      bad = bad + 1
    end
  end
  return good, bad, sum
end

local function table_errors(n)
  local zeros, sum = 0, 0
  for i = 1, n do
    local ok, result = pcall(divide, i, i % 4)
    if ok then
      sum = sum + result
    elseif result.code == "zero" then
      zeros, sum = zeros + 1, sum - result.value
    else
      error(result)
    end
  end
  return zeros, sum
end

-- Calls itself n times; on the way back each level catches the error, counts, and throws it again.
local function nested(n, trail)
  if n == 0 then
    error(trail, 0)
  end
  local ok, err = pcall(nested, n - 1, trail)
  if not ok then
    err.depth = err.depth + 1
    error(err, 0)
  end
end

local function with_resource(pool, action)
  pool.open = pool.open + 1
  local ok, result = pcall(action, pool)
  pool.open = pool.open - 1
  if not ok then
    pool.failed = pool.failed + 1
    return nil, result
  end
  return result
end

local function runtime_errors(n)
  local kinds = { arith = 0, index = 0, call = 0, none = 0 }
  local values = { 10, true, {}, false }
  for i = 1, n do
    local value = values[i % #values + 1]
    local ok, message = pcall(function()
      if i % 3 == 0 then
        return value + 1
      elseif i % 3 == 1 then
        return value.field.other
      end
      return value()
    end)
    local kind = "none"
    if not ok then
      kind = message:find("arithmetic") and "arith" or message:find("index") and "index" or "call"
    end
    kinds[kind] = kinds[kind] + 1
  end
  return kinds.arith, kinds.index, kinds.call, kinds.none
end

local n = tonumber(arg and arg[1]) or 2400000
print(string.format("%d %d %d", count_outcomes(n)))
print(string.format("%d %.6f", table_errors(n)))

local depth = 0
for _ = 1, n / 1500 do
  local _, err = pcall(nested, 50, { depth = 0 })
  depth = depth + err.depth
end
print(string.format("%d", depth))

local pool, total = { open = 0, failed = 0 }, 0
for i = 1, n / 2 do
  total = total + (with_resource(pool, function(p)
    return parse_number(i % 5 == 0 and "x" .. i or i) + p.open
  end) or 0)
end
print(string.format("%d open, %d failed, %d", pool.open, pool.failed, total))
print(string.format("%d %d %d %d", runtime_errors(n / 4)))
print(xpcall(parse_number, function(message)
  return "handled: " .. message
end, "abc"))
