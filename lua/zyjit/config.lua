-- config.lua: settings as users write them -> the core's integers, and back.
-- SPDX-License-Identifier: MIT
--
-- Everything is checked before anything is applied, so that a call that fails changes nothing. The rows below
-- are those of src/runtime/config.def in a user's terms; spec/api_spec.lua compares the two.
-- What ZYJIT_OPTIONS sets stays set: it is applied again after each configure(), as it is there to override
-- what the script says.

local core = require "zyjit.core"

local config = {}

local BACKENDS = { gccjit = 1, llvm = 2 }
local BACKEND_NAMES = { [0] = "none", "gccjit", "llvm" }

local function integer(least, most)
  return { kind = "integer", least = least, most = most }
end
local BOOLEAN, BACKEND, TIERS = { kind = "boolean" }, { kind = "backend" }, { kind = "tiers" }

-- name, type, default. The number of workers depends on the machine: see 'defaults'.
local ROWS = {
  { "warm_threshold", integer(1, 1000000000), 100 },
  { "hot_threshold", integer(1, 1000000000), 1000 },
  { "tiers", TIERS, { 0, 1, 2 } },
  { "tier0_backend", BACKEND, "gccjit" },
  { "tier1_backend", BACKEND, "gccjit" },
  { "tier2_backend", BACKEND, "llvm" },
  { "enable_background_optimization", BOOLEAN, true },
  { "max_parallel_optimizations", integer(1, 64) },
  { "optimization_check_interval_ms", integer(0, 10000), 20 },
  { "enable_block_profiling", BOOLEAN, false },
  { "sample_rate", integer(1, 1000000), 1 },
  { "memory_limit_mb", integer(1, 65536), 64 },
  { "verbosity", integer(0, 3), 0 },
}

-- What each preset changes in the defaults.
local PRESETS = {
  default = {},
  development = { warm_threshold = 10, hot_threshold = 100, enable_block_profiling = true, verbosity = 2 },
  production = { warm_threshold = 1000, hot_threshold = 10000, tier2_backend = "gccjit" },
  production_llvm = { warm_threshold = 1000, hot_threshold = 10000, tier2_backend = "llvm" },
}

config.rows = ROWS
local TYPES = {}
for _, row in ipairs(ROWS) do
  TYPES[row[1]] = row[2]
end

local preset_name = "default"
local pinned = {}                      -- from ZYJIT_OPTIONS: key -> value, checked

--- A value as it should be seen in a message: short, and on one line.
function config.show(value)
  if type(value) == "string" then
    if #value > 40 then
      value = value:sub(1, 37) .. "..."
    end
    return (("%q"):format(value):gsub("\\\n", "\\n"))
  elseif type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  return type(value)
end

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local result = {}
  for k, v in next, value do
    result[k] = copy(v)
  end
  return result
end

local function workers()
  return math.max(1, math.min(64, core.cores() - 1))
end

local function preset(name)
  local result = { preset = name }
  for _, row in ipairs(ROWS) do
    local key, value = row[1], PRESETS[name][row[1]]
    if value == nil then
      value = row[3]
    end
    if value == nil then
      value = workers()
    end
    result[key] = copy(value)
  end
  return result
end

-- Each: type, value -> the core's integer, or nil and what would have been right.
local check = {}

function check.integer(kind, value)
  local n = type(value) == "number" and math.tointeger(value)
  if n and n >= kind.least and n <= kind.most then
    return n
  end
  return nil, ("integer from %d to %d"):format(kind.least, kind.most)
end

function check.boolean(_, value)
  if type(value) == "boolean" then
    return value and 1 or 0
  end
  return nil, "boolean"
end

function check.backend(_, value)
  local number = type(value) == "string" and BACKENDS[value]
  if number then
    return number
  end
  return nil, '"gccjit" or "llvm"'
end

function check.tiers(_, value)
  local expected = "list of one or more of 0, 1 and 2"
  if type(value) ~= "table" then
    return nil, expected
  end
  local set, count = 0, 0
  for _, tier in next, value do
    count = count + 1
    tier = type(tier) == "number" and math.tointeger(tier)
    if not tier or tier < 0 or tier > 2 or rawget(value, count) == nil then
      return nil, expected
    end
    set = set | 1 << tier
  end
  if set == 0 then
    return nil, expected
  end
  return set
end

local function checked(key, value)
  local kind = TYPES[key]
  if not kind then
    return nil, ("no setting is called %s"):format(config.show(key))
  end
  local number, expected = check[kind.kind](kind, value)
  if not number then
    return nil, ("%s: %s expected, got %s"):format(key, expected, config.show(value))
  end
  return number
end

local function checked_preset(name)
  if type(name) ~= "string" or not PRESETS[name] then
    local expected = '"default", "development", "production" or "production_llvm"'
    return nil, ("preset: %s expected, got %s"):format(expected, config.show(name))
  end
  return true
end

-- Keys in a fixed order, so that of several mistakes the same one is always reported.
local function sorted(settings)
  local keys = {}
  for key in next, settings do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

--- true, or nil and why nothing was changed.
function config.apply(settings)
  if type(settings) ~= "table" then
    return nil, ("table expected, got %s"):format(settings == nil and "no value" or type(settings))
  end
  local numbers = {}
  local name = rawget(settings, "preset")
  if name ~= nil then
    local ok, message = checked_preset(name)
    if not ok then
      return nil, message
    end
    for key, value in next, preset(name) do
      if key ~= "preset" then
        numbers[key] = checked(key, value)
      end
    end
  end
  for _, key in ipairs(sorted(settings)) do
    if key ~= "preset" then
      local number, message = checked(key, settings[key])
      if not number then
        return nil, message
      end
      numbers[key] = number
    end
  end
  for key, number in next, pinned do
    numbers[key] = number
  end
  for _, row in ipairs(ROWS) do
    if numbers[row[1]] then
      core.set(row[1], numbers[row[1]])
    end
  end
  preset_name = name or preset_name
  return true
end

local decode = {
  integer = function(number)
    return number
  end,
  boolean = function(number)
    return number ~= 0
  end,
  backend = function(number)
    return BACKEND_NAMES[number]
  end,
  tiers = function(number)
    local list = {}
    for tier = 0, 2 do
      if number & 1 << tier ~= 0 then
        list[#list + 1] = tier
      end
    end
    return list
  end,
}

--- A copy of the settings in force.
function config.current()
  local result = { preset = preset_name }
  for _, row in ipairs(ROWS) do
    result[row[1]] = decode[row[2].kind](core.get(row[1]))
  end
  return result
end

--- The presets, complete: name -> settings. Copies, which nobody reads again.
function config.presets()
  local result = {}
  for name in next, PRESETS do
    result[name] = preset(name)
  end
  return result
end

local WORDS = { ["true"] = true, on = true, yes = true, ["1"] = true,
                ["false"] = false, off = false, no = false, ["0"] = false }

--- The value that 'text' is for the setting 'key'; unchanged where it makes no sense.
function config.parse(key, text)
  local kind = TYPES[key] and TYPES[key].kind
  if kind == "integer" then
    return tonumber(text) or text
  elseif kind == "boolean" then
    local value = WORDS[text:lower()]
    if value == nil then
      return text
    end
    return value
  elseif kind == "tiers" then
    local list = {}
    for item in (text .. "+"):gmatch "(.-)%+" do
      list[#list + 1] = tonumber(item) or item
    end
    return list
  end
  return text
end

--- Applies ZYJIT_OPTIONS: "key=value,key=value", tiers as 0+1+2. What is wrong in it is named on stderr and
--- left out; it never keeps a script from running.
function config.environment(text)
  local function warn_user(message)
    io.stderr:write("zyjit: ZYJIT_OPTIONS: ", message, "\n")
  end
  local name
  for item in text:gmatch "[^,;]+" do
    item = item:match "^%s*(.-)%s*$"
    local key, value = item:match "^([%w_]+)%s*=%s*(.*)$"
    if key == "preset" then
      local ok, message = checked_preset(value)
      if ok then
        name = value
      else
        warn_user(message)
      end
    elseif key then
      local number, message = checked(key, config.parse(key, value))
      if number then
        pinned[key] = number
      else
        warn_user(message)
      end
    elseif item ~= "" then
      warn_user(("key=value expected, got %s"):format(config.show(item)))
    end
  end
  config.apply { preset = name }
end

return config
