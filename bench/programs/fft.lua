-- Fast Fourier transform and its inverse, in place on two arrays of floats.
local sin, cos, pi, floor = math.sin, math.cos, math.pi, math.floor

local function swap_bit_reversed(re, im, n)
  local j = 0
  for i = 0, n - 2 do
    if i < j then
      re[i + 1], re[j + 1] = re[j + 1], re[i + 1]
      im[i + 1], im[j + 1] = im[j + 1], im[i + 1]
    end
    local bit = n / 2
    while bit <= j do
      j = j - bit
      bit = bit / 2
    end
    j = j + bit
  end
end

local function transform(re, im, direction)
  local n = #re
  swap_bit_reversed(re, im, n)
  local half = 1
  while half < n do
    local angle = direction * pi / half
    local step_re, step_im = cos(angle), sin(angle)
    local w_re, w_im = 1.0, 0.0
    for k = 1, half do
      for top = k, n, 2 * half do
        local bottom = top + half
        local t_re = w_re * re[bottom] - w_im * im[bottom]
        local t_im = w_re * im[bottom] + w_im * re[bottom]
        re[bottom] = re[top] - t_re
        im[bottom] = im[top] - t_im
        re[top] = re[top] + t_re
        im[top] = im[top] + t_im
      end
      w_re, w_im = w_re * step_re - w_im * step_im, w_re * step_im + w_im * step_re
    end
    half = half * 2
  end
end

local function inverse(re, im)
  local n = #re
  transform(re, im, -1)
  for i = 1, n do
    re[i] = re[i] / n
    im[i] = im[i] / n
  end
end

local size = 16384
local function signal(i)
  return sin(2 * pi * 5 * i / size) + 0.5 * cos(2 * pi * 300 * i / size) + (i % 7) / 100
end

local re, im = {}, {}
for i = 1, size do
  re[i], im[i] = signal(i), 0.0
end

local rounds = tonumber(arg and arg[1]) or 100
for round = 1, rounds do
  transform(re, im, 1)
  if round == rounds then
    for _, bin in ipairs({ 5, 300, floor(size / 7) }) do
      local a, b = re[bin + 1], im[bin + 1]
      print(string.format("bin %d: %.6f", bin, (a * a + b * b) ^ 0.5 / size))
    end
  end
  inverse(re, im)
end

local worst = 0
for i = 1, size do
  worst = math.max(worst, math.abs(re[i] - signal(i)), math.abs(im[i]))
end
print(worst < 1e-6 and "restored" or "not restored")
