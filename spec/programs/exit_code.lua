-- os.exit out of a hot loop inside a coroutine, state closed, finalizers run.
kept = setmetatable({}, { __gc = function()
  print "finalizer"
end })
local pending <close> = setmetatable({}, { __close = function()
  print "closed"
end })
local co = coroutine.wrap(function()
  for i = 1, 5000 do
    if i == 4000 then
      io.stderr:write "leaving\n"
      os.exit(7, true)
    end
    if i % 1000 == 0 then
      print(i)
      coroutine.yield(i)
    end
  end
end)
for _ = 1, 10 do
  co()
end
