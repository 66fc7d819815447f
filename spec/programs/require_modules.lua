-- Modules found by the searchers; their functions get hot; errors while they load.
package.path = "./modules/?.lua"
package.cpath = ""
local counter = require "counter"
for _ = 1, 3000 do
  counter.add(1)
end
print(counter.value(), require "counter" == counter)
print(select("#", require "counter"), (select(2, require "counter")))
print(package.loaded.counter == counter)
package.loaded.counter = nil
local fresh = require "counter"
print(fresh ~= counter, fresh.value(), counter.value())

print(pcall(require, "no_such_module"))
print(pcall(require, "broken"))
print(pcall(require, "failing"))
print(package.loaded.failing)
print(package.searchpath("counter", package.path))
print(package.searchpath("nowhere", package.path))

package.preload.preloaded = function(...)
  return { args = { ... } }
end
local preloaded = require "preloaded"
print(preloaded.args[1], preloaded.args[2])

-- A searcher of the script's own.
table.insert(package.searchers, 2, function(name)
  if name:match "^gen_" then
    return function(n, extra)
      local total = 0
      for i = 1, 2000 do
        total = total + i
      end
      return { name = n, extra = extra, total = total }
    end, "generated"
  end
  return "\n\tnot generated"
end)
local generated = require "gen_a"
print(generated.name, generated.extra, generated.total)
print(pcall(require, "no_such_module"))
print(pcall(require))
