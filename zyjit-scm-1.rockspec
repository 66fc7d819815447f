rockspec_format = "3.0"
package = "zyjit"
version = "scm-1"

source = {
  url = "git+https://github.com/zyjit/zyjit.git",
}

description = {
  summary = "A JIT compiler for unmodified Lua 5.4",
  detailed = [[
    A Lua module: after `require "zyjit"` the script's own functions run as native code, tier by tier, on a
    stock Lua 5.4. Back ends are libgccjit and LLVM, each used where its headers are found.]],
  license = "MIT",
  homepage = "https://github.com/zyjit/zyjit",
  labels = { "jit", "performance" },
}

supported_platforms = { "linux" }

dependencies = {
  "lua >= 5.4, < 5.5",
}

-- A build folder of its own: what `make` left in build/ may belong to another user.
build = {
  type = "make",
  build_target = "rock",
  install_target = "install",
  build_variables = {
    BUILD = ".rock",
    CFLAGS = "$(CFLAGS)",
    LUA_INCDIR = "$(LUA_INCDIR)",
  },
  install_variables = {
    BUILD = ".rock",
    CFLAGS = "$(CFLAGS)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    BINDIR = "$(BINDIR)",
  },
  copy_directories = { "docs" },
}

test = {
  type = "command",
  command = "make test",
}
