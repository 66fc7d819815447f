std = "lua54"
max_line_length = 120
exclude_files = { "spec/programs/modules/broken.lua" }
files["spec"] = { std = "+busted" }
-- They do on purpose what a program would not: dead stores, empty branches, shadowing.
files["spec/programs"] = { std = "lua54", only = { "0" } }
-- They run on LuaJIT, too.
files["bench/programs"] = { std = "min" }
