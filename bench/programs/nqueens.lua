-- All ways to place n queens: recursion and boolean arrays.
local function solve(n)
  local columns, up, down = {}, {}, {}
  for i = 1, n do
    columns[i] = false
  end
  for i = 1, 2 * n do
    up[i], down[i] = false, false
  end

  local function place(row)
    if row > n then
      return 1
    end
    local count = 0
    for c = 1, n do
      local u, d = row + c, row - c + n
      if not columns[c] and not up[u] and not down[d] then
        columns[c], up[u], down[d] = true, true, true
        count = count + place(row + 1)
        columns[c], up[u], down[d] = false, false, false
      end
    end
    return count
  end

  return place(1)
end

local n = tonumber(arg and arg[1]) or 13
for i = 4, n do
  print(i, solve(i))
end
