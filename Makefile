# Builds zyjit, runs its tests and its demo. `make help` lists the targets.
# SPDX-License-Identifier: MIT
#
# Three things are built into $(BUILD)/zyjit: core.so, which is zyjit; llvm.so, the LLVM back end, loaded when
# first used; gccjit, a program that runs libgccjit for zyjit. The last two are left out where LLVM's or
# libgccjit's headers are missing: zyjit then does without that back end.

.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

ROOT  := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD ?= build
OUT   := $(BUILD)/zyjit
OBJ   := $(BUILD)/obj

LUA        ?= lua5.4
LUAPC      ?= lua5.4
PKG_CONFIG ?= pkg-config
BUSTED     ?= $(firstword $(wildcard /usr/bin/busted) $(shell command -v busted))
ifeq ($(origin CC),default)
  CC := gcc
endif

# LUA_INCDIR is given by LuaRocks; elsewhere pkg-config knows.
ifneq ($(wildcard $(LUA_INCDIR)/lua.h),)
  LUA_CFLAGS := -I$(LUA_INCDIR)
else
  LUA_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LUAPC) 2>/dev/null)
endif

LLVM_CONFIG ?= $(firstword $(foreach v,19 15 16 17 18 20 21 22,$(shell command -v llvm-config-$v) \
                 $(wildcard /usr/lib/llvm-$v/bin/llvm-config)) $(shell command -v llvm-config))
LLVM_HEADER := $(if $(LLVM_CONFIG),$(wildcard $(shell $(LLVM_CONFIG) --includedir)/llvm-c/LLJIT.h))
# The header's folder depends on the compiler's version: the compiler is asked.
GCCJIT_HEADER := $(shell echo '\#include <libgccjit.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes)

CFLAGS  ?= -O2 -g
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE $(CFLAGS) -fPIC -Wall -Wextra -Werror=switch-enum -fvisibility=hidden \
              -Isrc $(LUA_CFLAGS) $(EXTRA_CFLAGS)
LINK_SHARED := -shared -Wl,-z,nodelete $(LDFLAGS)

SOURCES        := $(sort $(wildcard src/*.c src/*/*.c))
LLVM_SOURCES   := $(filter src/backend/llvm%,$(SOURCES))
GCCJIT_SOURCES := src/backend/gccjit_helper.c src/backend/gccjit_emit.c
CORE_SOURCES   := $(filter-out $(LLVM_SOURCES) $(GCCJIT_SOURCES),$(SOURCES))

object = $(patsubst src/%.c,$(OBJ)/%.o,$1)
CORE_OBJECTS   := $(call object,$(CORE_SOURCES))
# Objects in two products: symbols are hidden, so llvm.so cannot have them from core.so.
LLVM_OBJECTS   := $(call object,$(LLVM_SOURCES))
LLVM_SHARES    := $(call object,$(wildcard src/base/*.c src/lir/lir.c src/lir/check.c))
GCCJIT_OBJECTS := $(call object,$(GCCJIT_SOURCES))

PRODUCTS := $(OUT)/core.so $(if $(LLVM_HEADER),$(OUT)/llvm.so) $(if $(GCCJIT_HEADER),$(OUT)/gccjit)

.PHONY: all build rock help
all: build
build: $(PRODUCTS)
rock: build

$(OUT)/core.so: $(CORE_OBJECTS) $(BUILD)/sources | $(OUT)
	$(CC) $(LINK_SHARED) -o $@.new $(CORE_OBJECTS) -lpthread -ldl -lm && mv -f $@.new $@

# With LLVM's static libraries: what is used of them loads in a third of the time, and whatever else the process does
# with another LLVM is no concern of ours; nor does it register anything for the process's exit (llvm.c). Where that
# cannot be linked, with the shared one.
LLVM_PARTS  := core native object orcjit passes
LLVM_STATIC  = -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,--wrap=__cxa_atexit \
               $(shell $(LLVM_CONFIG) --link-static --ldflags --libs $(LLVM_PARTS)) \
               -Wl,--as-needed $(patsubst %,-l:lib%,stdc++.so.6 z.so.1 zstd.so.1 tinfo.so.6) -ldl
LLVM_SHARED  = $(shell $(LLVM_CONFIG) --ldflags --libs)
LINK_LLVM    = $(CC) $(LINK_SHARED) -o $@.new $(LLVM_OBJECTS) $(LLVM_SHARES)
$(OUT)/llvm.so: $(LLVM_OBJECTS) $(LLVM_SHARES) | $(OUT)
	$(if $(findstring -fsanitize,$(LDFLAGS)),,$(LINK_LLVM) -Wl,-z,defs $(LLVM_STATIC) -lpthread -lm 2>/dev/null ||) \
	  $(LINK_LLVM) $(LLVM_SHARED) -lpthread -lm && mv -f $@.new $@

$(OUT)/gccjit: $(GCCJIT_OBJECTS) | $(OUT)
	$(CC) $(LDFLAGS) -o $@.new $(GCCJIT_OBJECTS) -lgccjit -lpthread -lm && mv -f $@.new $@

$(LLVM_OBJECTS): ALL_CFLAGS += $(if $(LLVM_HEADER),-I$(shell $(LLVM_CONFIG) --includedir))
# libgccjit has leaks and races of its own, which would be reported as ours.
$(OUT)/gccjit: LDFLAGS := $(filter-out -fsanitize=%,$(LDFLAGS))
$(GCCJIT_OBJECTS): EXTRA_CFLAGS := $(filter-out -fsanitize=%,$(EXTRA_CFLAGS))

$(OBJ)/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call object,$(SOURCES)))

$(OUT):
	@mkdir -p $@

# Files that hold what else objects and core.so depend on. Written anew when it differs, so that nothing an
# earlier build left behind, with other flags, another compiler or a source that is gone, is taken for good.
FLAGS := $(CC) $(shell $(CC) -dumpmachine) $(shell $(CC) -dumpfullversion) $(ALL_CFLAGS) $(LLVM_CONFIG) $(ROOT)
ifneq ($(strip $(FLAGS)),$(strip $(shell cat $(BUILD)/flags 2>/dev/null)))
.PHONY: $(BUILD)/flags
endif
ifneq ($(strip $(CORE_SOURCES)),$(strip $(shell cat $(BUILD)/sources 2>/dev/null)))
.PHONY: $(BUILD)/sources
endif
$(BUILD)/flags: STAMP = $(strip $(FLAGS))
$(BUILD)/sources: STAMP = $(CORE_SOURCES)
$(BUILD)/flags $(BUILD)/sources:
	@mkdir -p $(BUILD)
	@echo '$(STAMP)' >$@

# --- Running from the tree ---

ENV := LUA_PATH='$(ROOT)/lua/?.lua;;' LUA_CPATH='$(abspath $(BUILD))/?.so;;' ZYJIT_BUILD='$(abspath $(BUILD))'
RUN_BUSTED = $(ENV) $(LUA) $(BUSTED) $(BUSTED_FLAGS)

# Where the user has not chosen: as many jobs as there are processors.
SUBMAKE = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))

.PHONY: env demo test bench lint debug hard fuzz conformance bless asan tsan clean install deps-demo deps-test deps-lint
quote = '$(subst ','\'',$1)'
env:
	@printf '%s\n' \
	  "export LUA_PATH="$(call quote,$(call quote,$(ROOT)/lua/?.lua;;)) \
	  "export LUA_CPATH="$(call quote,$(call quote,$(if $(filter /%,$(BUILD)),,$(ROOT)/)$(BUILD)/?.so;;)) \
	  "export PATH="$(call quote,$(call quote,$(ROOT)/bin))':"$$PATH"'

# What is missing is installed first; then make is started anew, because it has looked for libraries already.
deps-demo deps-test deps-lint: deps-%:
	@sh .ci/deps $*

demo: deps-demo
	@$(SUBMAKE) build
	@$(ENV) $(LUA) bench/run.lua --repeat 1

test: deps-test
	@$(SUBMAKE) build
	@$(SUBMAKE) debug
	@$(RUN_BUSTED) spec

# The HIR is verified after each pass. Some of the tests run with it.
debug:
	@$(SUBMAKE) BUILD=$(BUILD)/debug CFLAGS='-O1 -g' EXTRA_CFLAGS=-DZY_DEBUG build

bench: build
	@$(ENV) $(LUA) bench/run.lua --repeat 5 $(BENCH_FLAGS)

# The back ends that are not there cannot be compiled, so they cannot be checked either.
lint: deps-lint
	@$(SUBMAKE) BUILD=$(BUILD)/lint EXTRA_CFLAGS=-Werror build
	@if command -v luacheck >/dev/null; then luacheck --quiet lua bench spec; else echo 'luacheck: not installed'; fi

hard: build debug
	@ZYJIT_HARD=1 $(RUN_BUSTED) spec

# Programs made at random, from another seed each day.
SECONDS ?= 600
fuzz: build
	@$(ENV) $(LUA) spec/fuzz/fuzz.lua --seconds $(SECONDS) --seed $$(date +%Y%m%d)000

# Lua's own test suite, which is not part of zyjit: SUITE is its folder, LUA the interpreter of that release.
conformance: build
	@$(ENV) lua5.4 spec/conformance.lua '$(SUITE)' '$(LUA)' $(FILES)

bless: build
	@ZYJIT_BLESS=1 $(RUN_BUSTED) spec

sanitizer = $(shell $(CC) -print-file-name=lib$1.so)
asan:
	@$(SUBMAKE) BUILD=$(BUILD)/asan CFLAGS='-O1 -g -fno-omit-frame-pointer' build \
	  EXTRA_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=undefined' \
	  LDFLAGS='-fsanitize=address,undefined'
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan specs-preloaded PRELOAD='$(call sanitizer,asan)' \
	  OPTIONS="ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:log_path=$(abspath $(BUILD))/asan/report \
	             UBSAN_OPTIONS=print_stacktrace=1:log_path=$(abspath $(BUILD))/asan/report"

tsan:
	@$(SUBMAKE) BUILD=$(BUILD)/tsan CFLAGS='-O1 -g -fno-omit-frame-pointer' build \
	  EXTRA_CFLAGS=-fsanitize=thread LDFLAGS=-fsanitize=thread
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan specs-preloaded PRELOAD='$(call sanitizer,tsan)' \
	  OPTIONS="TSAN_OPTIONS=report_signal_unsafe=0"

# Lua is not built with the sanitizer, so its library has to come first in the process.
.PHONY: specs-preloaded
specs-preloaded:
	@$(OPTIONS) LD_PRELOAD='$(PRELOAD)' $(RUN_BUSTED) spec

clean:
	rm -rf build .rock

# --- Installing ---

PREFIX  ?= /usr/local
LUADIR  ?= $(PREFIX)/share/lua/5.4
LIBDIR  ?= $(PREFIX)/lib/lua/5.4
BINDIR  ?= $(PREFIX)/bin
INSTALL ?= install

# gccjit goes beside core.so, where it is looked for; it is not a command for users.
install: build
	$(INSTALL) -d '$(DESTDIR)$(LUADIR)/zyjit' '$(DESTDIR)$(LIBDIR)/zyjit' '$(DESTDIR)$(BINDIR)'
	$(INSTALL) -m 644 lua/zyjit.lua '$(DESTDIR)$(LUADIR)/'
	$(INSTALL) -m 644 $(wildcard lua/zyjit/*.lua) '$(DESTDIR)$(LUADIR)/zyjit/'
	$(INSTALL) -m 755 $(PRODUCTS) '$(DESTDIR)$(LIBDIR)/zyjit/'
	$(if $(wildcard bin/*),$(INSTALL) -m 755 $(wildcard bin/*) '$(DESTDIR)$(BINDIR)/')

help:
	@echo 'make            build zyjit into build/'
	@echo 'make demo       install what is missing, build, run the demo programs on stock Lua, zyjit and LuaJIT'
	@echo 'make test       install what is missing, build, run all tests'
	@echo 'make fuzz       programs made at random, compared with stock Lua, for SECONDS=600'
	@echo 'make conformance SUITE=dir LUA=binary   the test suite of Lua itself, in every way of compiling; FILES=some of it'
	@echo 'make bench      the demo programs, five times each'
	@echo 'make lint       warnings as errors, luacheck'
	@echo 'make env        shell lines that make lua5.4 use this tree: eval "$$(make -s env)"'
	@echo 'make install    PREFIX, or LUADIR, LIBDIR and BINDIR, say where to'
	@echo 'make debug      build with the HIR verified after each pass into build/debug/'
	@echo 'make hard       tests with forced exits and collections'
	@echo 'make asan tsan  tests with the sanitizers, in builds of their own'
	@echo 'make bless      rewrite the expectations of the text-in/text-out tests'
	@echo 'make clean      remove what was built'
