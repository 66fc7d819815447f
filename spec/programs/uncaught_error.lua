-- An error that nobody catches: message, traceback and status of the whole process.
local function parse(item)
  return item.value * 2
end
local function process(items)
  local sum = 0
  for i = 1, #items do
    sum = sum + parse(items[i])
  end
  return sum
end
local items = {}
for i = 1, 4000 do
  items[i] = { value = i }
end
print(process(items))
items[3990].value = nil
print(process(items))
