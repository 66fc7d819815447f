-- Generators chained to a pipeline, and a round of tasks: many switches between coroutines.
local create, wrap, yield, resume = coroutine.create, coroutine.wrap, coroutine.yield, coroutine.resume

local function range(n)
  return wrap(function()
    for i = 1, n do
      yield(i)
    end
  end)
end

local function squares(source)
  return wrap(function()
    for value in source do
      yield(value * value)
    end
  end)
end

local function multiples(source, k)
  return wrap(function()
    for value in source do
      if value % k == 0 then
        yield(value)
      end
    end
  end)
end

local n = tonumber(arg and arg[1]) or 6000000
local sum = 0
for value in multiples(squares(range(n)), 3) do
  sum = (sum + value) % 1000000007
end
print(string.format("%d", sum))

local function task(id, turns)
  local work = 0
  for turn = 1, turns do
    for i = 1, 10 do
      work = (work + id * turn + i) % 65537
    end
    yield(work)
  end
  return work
end

local tasks = {}
for id = 1, 100 do
  tasks[id] = create(task)
end
local checksum = 0
local turns = math.floor(n / 200)
for turn = 0, turns do
  for id = 1, #tasks do
    local _, work = resume(tasks[id], id, turns)
    checksum = (checksum * 31 + work) % 1000000007
    if turn == turns then
      checksum = (checksum + id) % 1000000007
    end
  end
end
print(string.format("%d", checksum))
