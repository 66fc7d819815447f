local function fail(n)
  if n == 0 then
    error "this module does not load"
  end
  fail(n - 1)
  return n
end

fail(3)
