local name, path = ...
local counter, n = { name = name, path = path }, 0

function counter.add(k)
  n = n + k
end

function counter.value()
  return n
end

return counter
