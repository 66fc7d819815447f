-- worker_spec.lua: processes that end, fork or lose a back end while functions are compiled -> no crash, no hang.
-- SPDX-License-Identifier: MIT
--
-- Each test says itself that something was being compiled when it happened ("busy"): without that it would pass without
-- testing anything. What scripts compute is compared with what they compute when zyjit is off.

local child = dofile "spec/child.lua"
local lfs = require "lfs"

-- Functions that take the back ends a while, called until they are hot.
local WORK = [[
local zyjit = require "zyjit"
local f = {}
for i = 1, 40 do
  f[i] = load(("local n, t, s = ..., {}, %d for i = 1, n do t[i %% 7 + 1] = i s = s + (t[i %% 5 + 1] or 1) * %d " ..
    "if s > 1e6 then s = s - 1e6 end end return s"):format(i, i), "=f" .. i)
end
local function work(rounds)
  local sum = 0
  for _ = 1, rounds do
    for i = 1, #f do sum = sum + f[i](60) end
  end
  return sum
end
local function busy()
  local stats = zyjit.stats()
  return stats.queue_length + stats.compiling > 0
end
local function spin(seconds)
  local stop = os.clock() + seconds
  while os.clock() < stop do end
end
]]

local FAST = "warm_threshold=1,hot_threshold=2"

-- lua-posix has no module for Lua 5.4 in every distribution: what is needed of it is a few lines of C.
local FORKER = [[
#include <lua.h>
#include <lauxlib.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int do_fork(lua_State *L) {
  lua_pushinteger(L, fork());
  return 1;
}

/* wait(pid, seconds): "exit" or "signal" and a number, or "hung": it has been killed then */
static int do_wait(lua_State *L) {
  pid_t pid = (pid_t)luaL_checkinteger(L, 1);
  int status, left = (int)(luaL_checknumber(L, 2) * 100);
  struct timespec t = { 0, 10000000 };
  for (; waitpid(pid, &status, WNOHANG) == 0; left--) {
    if (left <= 0) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      lua_pushliteral(L, "hung");
      return 1;
    }
    nanosleep(&t, NULL);
  }
  lua_pushstring(L, WIFEXITED(status) ? "exit" : "signal");
  lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  return 2;
}

static int do_pid(lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}

int luaopen_forker(lua_State *L) {
  static const luaL_Reg functions[] = { { "fork", do_fork }, { "wait", do_wait }, { "pid", do_pid }, { NULL, NULL } };
  luaL_newlib(L, functions);
  return 1;
}
]]

local function shell(command)
  return (os.execute(command))
end

local folders = {}

local function new_folder()
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  folders[#folders + 1] = path
  return path
end

local forker

-- A folder with forker.so; built once.
local function forker_folder()
  if not forker then
    forker = new_folder()
    child.write(forker .. "/forker.c", FORKER)
    assert.is_true(shell(("${CC:-cc} -shared -fPIC -o %s/forker.so %s/forker.c $(pkg-config --cflags lua5.4)")
      :format(forker, forker)))
  end
  return forker
end

-- A build with core.so alone, or with other files of the build, or with a script in place of one.
local function build_with(files)
  local path = new_folder()
  assert(lfs.mkdir(path .. "/zyjit"))
  assert.is_true(shell(("cp %s %s"):format(child.quote(child.build .. "/zyjit/core.so"), path .. "/zyjit")))
  for name, text in pairs(files) do
    if text == true then
      assert.is_true(shell(("cp %s %s"):format(child.quote(child.build .. "/zyjit/" .. name), path .. "/zyjit")))
    else
      child.write(path .. "/zyjit/" .. name, text)
      if text:sub(1, 2) == "#!" then assert.is_true(shell("chmod +x " .. path .. "/zyjit/" .. name)) end
    end
  end
  return path
end

local function environment(options, path)
  return { ZYJIT_OPTIONS = options, LUA_CPATH = (path and path .. "/?.so;" or "") .. child.build .. "/?.so;;" }
end

-- What the script prints is 'expected'; it ends with 'status' and says nothing on stderr, unless that is to match.
local function runs(expected, status, code, env, stderr)
  local out, err, how = child.run(WORK .. code, env)
  if stderr then assert.is_truthy(err:find(stderr), err) else assert.are.equal("", err) end
  assert.are.equal(expected, out)
  assert.are.equal(status, how)
end

-- What work(300) gives without zyjit.
local reference
local function expected_sum()
  reference = reference or child.run(WORK .. "print(work(300))", { ZYJIT = "off" })
  return reference
end

-- Scripts that compile with one back end at one tier, and go on while that is under way.
local ways = {}
for _, backend in ipairs { "llvm", "gccjit" } do
  if child.has(backend) then
    for _, tier in ipairs { 0, 2 } do
      ways[#ways + 1] = { name = ("tier %d by %s"):format(tier, backend),
        options = ("%s,tiers=%d,tier%d_backend=%s"):format(FAST, tier, tier, backend) }
    end
  end
end

teardown(function()
  for _, path in ipairs(folders) do shell("rm -rf " .. child.quote(path)) end
end)

describe("a process that ends while compiling", function()
  local endings = {
    { name = "at the end of the script", code = "", status = 0 },
    { name = "by an error", code = "error 'on purpose'", status = 1, stderr = "on purpose" },
    { name = "by os.exit(3, false)", code = "os.exit(3, false)", status = 3 },
    { name = "by os.exit(3, true)", code = "os.exit(3, true)", status = 3 },
    { name = "after shutdown", code = "zyjit.shutdown() zyjit.shutdown() os.exit(3, false)", status = 3 },
  }
  for _, way in ipairs(ways) do
    for _, ending in ipairs(endings) do
      it(("%s, %s"):format(way.name, ending.name), function()
        for try = 0, 7 do                -- from before the back end is loaded to well into compiling
          runs("busy\n", ending.status, ("work(6) spin(%g) if busy() then print 'busy' end "):format(try * 0.008) ..
            ending.code, environment(way.options), ending.stderr)
        end
      end)
    end
  end
end)

describe("a fork", function()
  local FORK = [[
    local forker = require "forker"
    local expected = %s
    work(6) spin(%g)
    if busy() then print "busy" end
    io.stdout:flush()
    local pid = forker.fork()
    if pid == 0 then
      local same = work(300) == expected
      if not zyjit.wait(60) then os.exit(4, false) end
      os.exit(same and 0 or 5, false)
    end
    print(forker.wait(pid, 90))
    print(zyjit.wait(60), work(300) == expected)
  ]]
  for _, way in ipairs(ways) do
    it("while compiling, " .. way.name, function()
      for try = 0, 7 do
        runs("busy\nexit\t0\ntrue\ttrue\n", 0, FORK:format(expected_sum():gsub("%s", ""), try * 0.008),
          environment(way.options, forker_folder()))
      end
    end)

    it("when all is compiled, " .. way.name, function()
      runs("true\ntrue\nexit\t0\n", 0, [[
        local forker = require "forker"
        local before = work(300)
        print(zyjit.wait(60))
        print(work(300) == before)
        io.stdout:flush()
        local pid = forker.fork()
        if pid == 0 then
          local same = work(300) == before
          local g = load "local n, s = ..., 0 for i = 1, n do s = s + i end return s"
          local ok = zyjit.optimize(g)
          os.exit(same and ok and g(10) == 55 and 0 or 5, false)
        end
        print(forker.wait(pid, 60))]], environment(way.options, forker_folder()))
    end)
  end

  it("whose child ends at once leaves the parent compiling", function()
    runs("busy\nexit\t7\ntrue\ttrue\n", 0, ([[
      local forker = require "forker"
      work(6)
      if busy() then print "busy" end
      io.stdout:flush()
      local pid = forker.fork()
      if pid == 0 then os.exit(7, false) end
      print(forker.wait(pid, 30))
      print(zyjit.wait(60), work(300) == %s)]]):format(expected_sum():gsub("%s", "")),
      environment(FAST, forker_folder()))
  end)
end)

describe("a back end", function()
  local SUM = "work(20) print(zyjit.wait(90)) print(work(300))"

  local function falls_back(path, stderr)
    runs("true\n" .. expected_sum(), 0, SUM, environment(FAST .. ",verbosity=1", path), stderr)
  end

  it("that is missing is done without, and reported once", function()
    local out, err, status = child.run(WORK .. SUM, environment(FAST .. ",verbosity=1", build_with {}))
    assert.are.equal("true\n" .. expected_sum(), out)
    assert.are.equal(0, status)
    assert.is_truthy(err:find "zyjit: back end gccjit: ")
    assert.is_truthy(err:find "zyjit: back end llvm: ")
    assert.are.equal(1, select(2, err:gsub("zyjit: back end gccjit: ", "")))
    assert.are.equal(1, select(2, err:gsub("zyjit: back end llvm: ", "")))
  end)

  it("that is missing is nothing that a script sees", function()
    runs("true\n" .. expected_sum(), 0, SUM, environment(FAST, build_with {}))
  end)

  if child.has "llvm" and child.has "gccjit" then
    for _, pair in ipairs { { "llvm.so", "gccjit" }, { "gccjit", "llvm" } } do
      it(pair[2] .. " that is missing is replaced by " .. pair[1], function()
        local path = build_with { [pair[1]] = true }
        runs("true\n", 0, ([[
          local g = load "local n, s = ..., 0 for i = 1, n do s = s + i end return s"
          print(zyjit.optimize(g))]]), { ZYJIT_OPTIONS = ("tier2_backend=%s,tier1_backend=%s"):format(pair[2], pair[2]),
            LUA_CPATH = path .. "/?.so;;" })
      end)
    end
  end

  it("whose helper exits is done without", function()
    falls_back(build_with { gccjit = "#!/bin/sh\nexit 3\n" }, "back end gccjit: ")
  end)

  it("whose helper cannot be executed is done without", function()
    falls_back(build_with { gccjit = "nothing" }, "back end gccjit: ")
  end)

  it("whose helper says nothing is done without", function()
    falls_back(build_with { gccjit = "#!/bin/sh\nexec sleep 60\n" }, "back end gccjit: ")
  end)

  if child.has "gccjit" then
    it("whose helper is killed while it compiles goes on with another", function()
      runs("killed\ntrue\n" .. expected_sum(), 0, [[
        local forker = require "forker"
        work(6)
        local killed
        local stop = os.time() + 10
        while not killed and os.time() < stop do       -- its only argument is this process's number
          local ps = io.popen("ps -eo pid,args")
          for line in ps:lines() do
            local pid, args = line:match "^%s*(%d+)%s+(.*)$"
            if pid and args:find("/gccjit " .. forker.pid() .. "$") then
              killed = busy() and os.execute("kill -9 " .. pid)
            end
          end
          ps:close()
        end
        print(killed and "killed")
        print(zyjit.wait(90))
        print(work(300))]], environment(FAST .. ",tiers=0", forker_folder()))
    end)
  end
end)

describe("states", function()
  it("that are many, one after the other, leave nothing running", function()
    local main = new_folder()
    child.write(main .. "/many.c", [[
      #include <lua.h>
      #include <lauxlib.h>
      #include <lualib.h>
      #include <stdio.h>
      #include <pthread.h>
      static const char *code;
      static void *run(void *arg) {
        for (int i = 0; i < 6; i++) {
          lua_State *L = luaL_newstate();
          luaL_openlibs(L);
          if (luaL_dofile(L, code) != LUA_OK) fprintf(stderr, "%s\n", lua_tostring(L, -1));
          lua_close(L);
        }
        return arg;
      }
      int main(int argc, char **argv) {
        pthread_t thread[4];
        code = argv[argc - 1];
        for (int i = 0; i < 4; i++) pthread_create(&thread[i], NULL, run, NULL);
        for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
        puts("done");
        return 0;
      }]])
    child.write(main .. "/code.lua", WORK .. "assert(zyjit.status()) work(8) assert(busy()) spin(0.005)")
    assert.is_true(shell(("${CC:-cc} -o %s/many %s/many.c $(pkg-config --cflags --libs lua5.4) -lpthread -Wl,-E")
      :format(main, main)))
    local ok, how, status = os.execute(("%s timeout 120 %s/many %s/code.lua >%s/out 2>&1"):format(
      child.environment { ZYJIT_OPTIONS = FAST }, main, main, main))
    assert.are.equal("done\n", child.read(main .. "/out"))
    assert.is_true(ok, ("%s %s"):format(how, status))
  end)
end)

describe("requests", function()
  it("are not more than a thousand at a time, and those turned away come again", function()
    runs("1000\ttrue\n", 0, [[
      local kept, most = {}, 0
      for i = 1, 3000 do
        kept[i] = load "local s = 0 for i = 1, ... do s = s + i end return s"
        kept[i](3)
        most = math.max(most, zyjit.stats().queue_length)
      end
      zyjit.shutdown()
      print(most, kept[3000](10) == 55)]], { ZYJIT_OPTIONS = FAST .. ",tiers=0",
        LUA_CPATH = build_with { gccjit = "#!/bin/sh\nexec sleep 60\n" } .. "/?.so;;" })
  end)
end)
