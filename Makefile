# SPDX-License-Identifier: MIT
# sbox: plain GNU make, no configure step. Everything made goes to $(BUILD).
#
#   make                 build/sbox, the profiles' schema, completions
#   make check           what a user runs: unit, golden and sandbox tests
#   make check-real      real programs inside (compilers, databases, agents)
#   make help            every target
#
# Sources are found by name: a file dropped into src/DIR, tests/unit,
# tests/kernel, tests/golden or tests/fuzz is part of the build.

VERSION := 0.1.0

CC      ?= cc
ifeq ($(origin CC),default)
CC      := gcc
endif
AR      ?= ar
CFLAGS  ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/sbox
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
WERROR  ?=
FUZZ_SECONDS ?= 30

WARN := -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wswitch-enum \
	-Wvla -Wcast-qual -Wnull-dereference -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2
ifneq ($(WERROR),)
WARN += -Werror
endif

# Goals that need no compiler must work on a machine that has none.
NO_PROBE := deps deps-test clean help format uninstall
ifneq ($(filter-out $(NO_PROBE),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
endif

ALL_CPPFLAGS = $(CPPFLAGS) -D_GNU_SOURCE -DSBOX_VERSION='"$(VERSION)"' \
	-DSBOX_DATADIR='"$(DATADIR)/sbox"' -Iinclude -Isrc
ALL_CFLAGS  = -std=gnu11 $(CFLAGS) $(HARDEN_CFLAGS) $(WARN)
ALL_LDFLAGS = $(HARDEN_LDFLAGS) $(CFLAGS) $(LDFLAGS)

# libevent's core alone: no OpenSSL where none is needed.
GATEWAY_LIBS := -levent_core
SERVICE_LIBS := -levent_openssl -levent_core -lssl -lcrypto

UNITS := lib policy jail sbox-gateway sbox-service gen
sources = $(sort $(wildcard src/$1/*.c))
objects = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(call sources,$1))
members = $(filter-out %/main.o,$(call objects,$1))
programs = $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard $1)))

# Upper layers first: the linker resolves from left to right.
ARCHIVES  := $(BUILD)/libjail.a $(BUILD)/libpolicy.a $(BUILD)/liblib.a
SBOX      := $(if $(call sources,sbox),$(BUILD)/sbox)
# Its main.c is in no archive, so that tests can be linked with the rest.
GATEWAY_A := $(BUILD)/libsbox-gateway.a
GATEWAY   := $(if $(wildcard src/sbox-gateway/main.c),$(BUILD)/sbox-gateway)
SERVICE_A := $(BUILD)/libsbox-service.a
SERVICE   := $(if $(wildcard src/sbox-service/main.c),$(BUILD)/sbox-service)
# Makes the completions and the schema out of policy's tables.
GEN_A     := $(BUILD)/libgen.a
GENERATED := $(if $(SBOX),$(addprefix $(BUILD)/,profile.schema.json \
	completions/sbox completions/_sbox completions/sbox.fish))
UNIT      := $(call programs,tests/unit/test_*.c)
GOLDEN    := $(call programs,tests/golden/*.c)
KERNEL    := $(call programs,tests/kernel/*.c)
BENCH     := $(call programs,tests/bench/*.c)
REPLAY    := $(call programs,tests/fuzz/fuzz_*.c)
SANDBOX   := $(sort $(wildcard tests/sandbox/*.bats))
REAL      := $(sort $(wildcard tests/real/*.bats))
# The gateway alone, in a network of the test's own.
BOX       := $(if $(GATEWAY),$(call programs,tests/gateway/*.c))
# Small programs that the sandbox tests start inside or drive sbox with.
TOOLS     := $(call programs,tests/sandbox/*.c tests/sandbox/*/*.c \
	tests/real/*.c)

.PHONY: all libs tests check check-unit check-golden check-gateway \
	check-sandbox check-user check-net bats-net check-real check-vm check-kernel lint asan \
	fuzz fuzzers bench bench-net install uninstall deps deps-test clean format help \
	FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

all: libs $(SBOX) $(GATEWAY) $(SERVICE) $(GENERATED)
libs: $(ARCHIVES) $(SERVICE_A) $(GATEWAY_A) $(GEN_A)
tests: all $(UNIT) $(GOLDEN) $(KERNEL) $(BENCH) $(REPLAY) $(TOOLS) $(BOX)

# --- build ------------------------------------------------------------------

# One short line a step; V=1 shows the commands.
say = $(if $(V),,@echo '  $1 $@'; )

# Rewritten only when the text changes, so that another compiler, flag or
# list of sources rebuilds what depends on it.
keep_if_same = mkdir -p $(@D) && printf '%s\n' '$(subst ','\'',$1)' >$@.new && \
	if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi

$(BUILD)/config.mk: tools/probe.sh $(BUILD)/compiler.txt
	@sh tools/probe.sh '$(CC)' $(CFLAGS) $(LDFLAGS) >$@.new && mv -f $@.new $@
$(BUILD)/compiler.txt: FORCE
	@$(call keep_if_same,$(CC) $(CFLAGS) $(LDFLAGS))
$(BUILD)/flags.txt: FORCE
	@$(call keep_if_same,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS))
$(UNITS:%=$(BUILD)/obj/%.txt): $(BUILD)/obj/%.txt: FORCE
	@$(call keep_if_same,$(call members,$*))

$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags.txt
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define archive
$(BUILD)/lib$1.a: $(call members,$1) $(BUILD)/obj/$1.txt
	@rm -f $$@
	$$(call say,AR)$(AR) rcsD $$@ $(call members,$1)
endef
$(foreach u,$(UNITS),$(eval $(call archive,$u)))

$(BUILD)/sbox: $(call objects,sbox) $(ARCHIVES)
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# The code that faces hostile bytes does not contain the code that can mount.
$(BUILD)/sbox-gateway: $(BUILD)/obj/sbox-gateway/main.o $(GATEWAY_A) \
		$(BUILD)/libpolicy.a $(BUILD)/liblib.a
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(GATEWAY_LIBS) $(LIBS)

# Of the gateway's parts it gets the jail and the parser of heads.
$(BUILD)/sbox-service: $(BUILD)/obj/sbox-service/main.o $(SERVICE_A) \
		$(GATEWAY_A) $(BUILD)/libpolicy.a $(BUILD)/liblib.a
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SERVICE_LIBS) $(LIBS)

# -MMD leaves one .d beside each object, tests included.
-include $(patsubst %.o,%.d,$(foreach u,$(UNITS) sbox,$(call objects,$u)))
-include $(addsuffix .d,$(UNIT) $(GOLDEN) $(KERNEL) $(BENCH) $(REPLAY) \
	$(TOOLS) $(BOX))

$(BUILD)/gen: $(BUILD)/obj/gen/main.o $(GEN_A) $(BUILD)/libpolicy.a \
		$(BUILD)/liblib.a
	$(call say,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/profile.schema.json: $(BUILD)/gen
	$(call say,GEN)$< schema >$@
$(BUILD)/completions/sbox: $(BUILD)/gen
	@mkdir -p $(@D)
	$(call say,GEN)$< bash >$@
$(BUILD)/completions/_sbox: $(BUILD)/gen
	@mkdir -p $(@D)
	$(call say,GEN)$< zsh >$@
$(BUILD)/completions/sbox.fish: $(BUILD)/gen
	@mkdir -p $(@D)
	$(call say,GEN)$< fish >$@

# --- tests ------------------------------------------------------------------

# One program per file. Only these differ in what they are linked with.
$(UNIT) $(GOLDEN): TEST_LIBS = -lcmocka
$(REPLAY): TEST_SRC = tests/fuzz/replay.c
$(REPLAY): tests/fuzz/replay.c

$(BUILD)/tests/%: tests/%.c $(SERVICE_A) $(GATEWAY_A) $(GEN_A) $(ARCHIVES) $(BUILD)/flags.txt
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) -MMD -MP -MF $@.d -MT $@ \
		$(ALL_LDFLAGS) -o $@ $< $(TEST_SRC) $(SERVICE_A) $(GATEWAY_A) $(GEN_A) $(ARCHIVES) \
		$(GATEWAY_LIBS) $(LIBS) $(TEST_LIBS) -lpthread

FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort \
	$(wildcard tests/fuzz/fuzz_*.c)))
fuzzers: $(FUZZERS)
$(BUILD)/fuzz/%: tests/fuzz/%.c $(SERVICE_A) $(GATEWAY_A) $(ARCHIVES) $(BUILD)/flags.txt
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) \
		-fsanitize=fuzzer -o $@ $< $(SERVICE_A) $(GATEWAY_A) $(ARCHIVES) \
		$(GATEWAY_LIBS) $(LIBS)

export BUILD SBOX_BUILD := $(abspath $(BUILD))

check: check-unit check-golden check-gateway check-sandbox check-user

check-unit: $(UNIT) $(REPLAY)
	sh tests/run.sh programs $(UNIT)
	sh tests/run.sh replay $(REPLAY)

check-golden: all $(GOLDEN)
	sh tests/run.sh programs $(GOLDEN)
	sh tests/run.sh scripts $(sort $(wildcard tests/golden/*.sh))

check-gateway: all $(BOX)
	sh tests/run.sh scripts $(if $(BOX),tests/gateway/gateway.sh)

check-sandbox: all $(TOOLS)
	sh tests/run.sh bats $(SANDBOX)

# The sandbox tests once more as an ordinary user; only root can become one.
check-user: all $(TOOLS)
	sh tests/as-user.sh CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' \
		CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' WERROR='$(WERROR)' \
		check-gateway check-sandbox

# Real servers on a host of its own (tests/net/lab.sh), a private Tor network.
check-net: all $(TOOLS)
	bash tests/net/lab.sh $(MAKE) -s bats-net
	bash tests/net/lab.sh sh tests/as-user.sh bats-net
	bash tests/net/torlab.sh sh tests/run.sh bats tests/net/tor.bats

bats-net:
	sh tests/run.sh bats $(filter-out tests/net/tor.bats,$(sort \
		$(wildcard tests/net/*.bats)))

check-real: all $(TOOLS)
	sh tests/run.sh bats $(REAL)

# On Debian's kernel and with cgroup v2, whatever this machine has.
check-vm: all $(TOOLS)
	sh tests/vm.sh tests/sandbox/cgroup.bats tests/sandbox/limits.bats

check-kernel: $(KERNEL)
	sh tests/run.sh programs $(KERNEL)

lint:
	sh tests/run.sh scripts $(sort $(wildcard tests/lint/*.sh))

SANITIZE := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all

asan:
	$(MAKE) BUILD=build-asan \
		CFLAGS='$(SANITIZE) -fsanitize=address,undefined' \
		all check-unit check-golden
	SBOX=$(CURDIR)/build-asan/sbox sh tests/run.sh scripts tests/smoke.sh

# clang's libFuzzer for FUZZ_SECONDS on each target, from its corpus.
fuzz:
	$(MAKE) BUILD=build-fuzz CC=clang \
		CFLAGS='$(SANITIZE) -fsanitize=fuzzer-no-link,address,undefined' \
		fuzzers
	FUZZ_SECONDS=$(FUZZ_SECONDS) sh tests/fuzz.sh $(FUZZERS:$(BUILD)/%=build-fuzz/%)

bench: all $(BENCH)
	bash tests/bench/bench.sh

bench-net: all $(BENCH)
	bash tests/bench/bench-net.sh

# --- installation -----------------------------------------------------------

INSTALL := install
PROFILES = $(sort $(wildcard profiles/*.json))

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DATADIR)/sbox/profiles \
		$(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 \
		$(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(LIBEXECDIR) \
		$(DESTDIR)$(DATADIR)/bash-completion/completions \
		$(DESTDIR)$(DATADIR)/zsh/site-functions \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	$(INSTALL) -m 755 $(BUILD)/sbox $(DESTDIR)$(BINDIR)/sbox
	$(INSTALL) -m 755 $(BUILD)/sbox-gateway $(BUILD)/sbox-service \
		$(DESTDIR)$(LIBEXECDIR)/
	$(if $(PROFILES),$(INSTALL) -m 644 $(PROFILES) $(DESTDIR)$(DATADIR)/sbox/profiles/)
	$(INSTALL) -m 644 $(BUILD)/profile.schema.json \
		$(DESTDIR)$(DATADIR)/sbox/profiles/sbox-profile.schema.json
	for m in $(notdir $(wildcard man/*)); do \
		f=$(DESTDIR)$(MANDIR)/man$${m##*.}/$$m; \
		sed 's|/usr/local/share|$(DATADIR)|' man/$$m >$$f && \
			chmod 644 $$f || exit 1; done
	$(INSTALL) -m 644 $(BUILD)/completions/sbox \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/
	$(INSTALL) -m 644 $(BUILD)/completions/_sbox \
		$(DESTDIR)$(DATADIR)/zsh/site-functions/
	$(INSTALL) -m 644 $(BUILD)/completions/sbox.fish \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/sbox $(DESTDIR)$(MANDIR)/man1/sbox.1 \
		$(DESTDIR)$(MANDIR)/man5/sbox-profile.5 \
		$(DESTDIR)$(MANDIR)/man8/sbox-gateway.8 \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/sbox \
		$(DESTDIR)$(DATADIR)/zsh/site-functions/_sbox \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/sbox.fish
	rm -rf $(DESTDIR)$(DATADIR)/sbox $(DESTDIR)$(LIBEXECDIR)

# --- the rest ---------------------------------------------------------------

deps:
	sh tests/deps.sh build
deps-test:
	sh tests/deps.sh build test

format:
	clang-format -i $(wildcard include/sbox/*.h src/*/*.[ch] tests/*/*.[ch] \
		tests/*/*/*.[ch])

clean:
	rm -rf build build-asan build-clang build-fuzz build-vm

help:
	@echo 'all check check-unit check-golden check-sandbox check-user' \
		'check-net check-real check-vm check-kernel lint asan fuzz bench bench-net install' \
		'uninstall deps deps-test format clean'
	@echo 'variables: CC CPPFLAGS CFLAGS LDFLAGS BUILD WERROR=1 DESTDIR PREFIX' \
		'FUZZ_SECONDS'
