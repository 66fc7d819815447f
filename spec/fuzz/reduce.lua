-- reduce.lua: a program's tree (generate.lua) -> its source; the smallest tree that still fails.
-- SPDX-License-Identifier: MIT

--- The source of a block.
local function text(block)
  local lines = {}
  local function write(node, depth)
    for _, part in ipairs(node) do
      if type(part) == "string" then
        lines[#lines + 1] = ("  "):rep(depth) .. part
      else
        for _, inner in ipairs(part) do write(inner, depth + 1) end
      end
    end
  end
  for _, node in ipairs(block) do write(node, 0) end
  return table.concat(lines, "\n") .. "\n"
end

-- All blocks of a program, outer ones first.
local function blocks(block, list)
  list[#list + 1] = block
  for _, node in ipairs(block) do
    for _, part in ipairs(node) do
      if type(part) == "table" then blocks(part, list) end
    end
  end
  return list
end

--- Takes statements out of the program, many at once and then single ones, and puts what is inside of others in
--- their place, as long as 'fails' (a function of the program: boolean) says yes. The program is changed.
--- After Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", on a tree.
local function reduce(program, fails)
  local function attempt(block, from, n, replacement)
    local removed = table.move(block, from, from + n - 1, 1, {})
    local rest = table.move(block, from + n, #block, 1, {})
    local size = #block
    local function put(list)
      for i = from, math.max(size, #block) do block[i] = nil end
      table.move(list, 1, #list, from, block)
      table.move(rest, 1, #rest, from + #list, block)
    end
    put(replacement)
    if fails(program) then return true end
    put(removed)
    return false
  end

  local changed
  repeat
    changed = false
    for _, block in ipairs(blocks(program, {})) do
      local n = #block
      while n >= 1 do
        local i = 1
        while i + n - 1 <= #block do
          if attempt(block, i, n, {}) then changed = true else i = i + n end
        end
        n = n // 2
      end
      for i = #block, 1, -1 do
        for _, part in ipairs(block[i] or {}) do
          if type(part) == "table" and attempt(block, i, 1, part) then
            changed = true
            break
          end
        end
      end
    end
  until not changed
  return program
end

return { text = text, reduce = reduce }
