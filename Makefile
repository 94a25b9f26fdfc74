# SPDX-License-Identifier: GPL-2.0-or-later
# keyctl-bpf: the whole build. `make help` lists the targets and variables.

O       ?= build$(if $(SAN),-san)$(if $(COV),-cov)
CACHE   ?= build/cache
PREFIX  ?= /usr
LIBDIR  ?= $(PREFIX)/lib
DESTDIR ?=
CC      ?= cc
CLANG   ?= clang
STRIP   ?= llvm-strip
OBJCOPY ?= objcopy
V       ?= 0
KERNELS ?= 6.18 7.2 7.3
KERNEL  ?= 7.3
GUESTS  ?= 1
J       ?= 2
T       ?=
SAN     ?=
COV     ?=

comma := ,
# GUESTS=0 asks for nothing that only guests need.
LAB := $(if $(filter 0,$(GUESTS)),,lab)
Q   := $(if $(filter 1,$(V)),,@)
say  = $(if $(Q),@printf '  %-6s %s\n' $(1) $(2))

# setup makes the machine fit for the rest, so whatever is asked for beside it
# runs afterwards, in a make that sees the packages.
ifneq ($(filter setup,$(MAKECMDGOALS)),)

REST := $(filter-out setup,$(MAKECMDGOALS))
setup:
	$(Q)tests/setup
	$(if $(LAB)$(REST),$(Q)$(MAKE) --no-print-directory $(LAB) $(REST))
$(REST): setup ; @:
.PHONY: setup $(REST)

else

PKGS := libbpf libelf libcrypto tss2-esys tss2-mu tss2-tctildr tss2-tcti-device tss2-tcti-swtpm tss2-tcti-mssim libtpms libkeyutils p11-kit-1 popt jansson
QUIET_GOALS := clean help shell lab uninstall
ifneq ($(filter-out $(QUIET_GOALS),$(or $(MAKECMDGOALS),all)),)
MISSING := $(foreach p,$(PKGS),$(shell pkg-config --exists $(p) 2>/dev/null || echo $(p)))
$(if $(strip $(MISSING)),$(error missing: $(strip $(MISSING)). Run `make setup` as root, or install the packages of tests/packages))
endif

WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wshadow -Wpointer-arith \
        -Wundef -Wformat=2 -Wwrite-strings $(if $(RELEASE),,-Werror)
# One set of objects serves the program, the tests and both forms of the library.
HARDEN := -fstack-protector-strong -fPIC -fno-semantic-interposition -fvisibility=hidden
P11_CFLAGS := $(shell pkg-config --cflags p11-kit-1 2>/dev/null)
override CPPFLAGS += -Iinclude -I$(O)/include -D_GNU_SOURCE \
        $(P11_CFLAGS) \
        $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CFLAGS  ?= -O2 -g
LDFLAGS ?= -Wl,-z,relro,-z,now
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS) \
        $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
        $(if $(COV),--coverage -O0)
LDLIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread
LIB_LDLIBS := $(filter-out -lpopt,$(LDLIBS))
ARCH    := $(shell uname -m | sed 's/x86_64/x86/')
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Werror \
        -I/usr/include/$(shell uname -m)-linux-gnu

BPF_SRC  := $(wildcard lib/bpf/*.bpf.c)
BPF_OBJ  := $(BPF_SRC:%.c=$(O)/%.o)
LIB_SRC  := $(filter-out $(BPF_SRC),$(wildcard lib/*/*.c tpm/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(O)/obj/%.o) $(patsubst %.S,$(O)/obj/%.o,$(wildcard lib/kernel/*.S))
CLI_OBJ  := $(patsubst %.c,$(O)/obj/%.o,$(wildcard keyctl-bpf/*.c keyctl-bpf/agent/*.c))
LIB      := $(O)/libbpfkey.a
BIN      := $(O)/keyctl-bpf
MAN      := $(wildcard man/*.[1-9])
UNITS    := $(wildcard keyctl-bpf/boot/systemd/*)
HEADERS  := $(wildcard include/*.h include/bpfkey/*.h)
VERSION  := $(shell sed -n 's/^\#define BPFKEY_VERSION "\(.*\)"/\1/p' include/bpfkey.h)

# What is installed of the library, as it is installed. The soname has the major version.
DIST     := $(O)/dist
SONAME   := libbpfkey.so.$(firstword $(subst ., ,$(VERSION)))
SHARED   := $(DIST)/libbpfkey.so.$(VERSION)
STATIC   := $(DIST)/libbpfkey.a
# page:call for each further call that a page of section 3 is about
MLINKS    = $(shell awk -F'[ ,]+' '/^\.Sh/ { n = $$2 == "NAME" } n && /^\.Nm/ && FILENAME != "man/" $$2 ".3" { print FILENAME ":" $$2 }' man/*.3)
mlink     = $(DESTDIR)$(PREFIX)/share/man/man3/$(lastword $(subst :, ,$(1))).3
COMPLETION := $(O)/completion/keyctl-bpf

# One program for each C file below tests/: test_X.c and bench_X.c link the
# library; what tests/kernel/ holds runs in guests; fuzz_X.c is libFuzzer's.
UNIT_BIN   := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/test_*.c))
TPM_BIN    := $(patsubst %.c,$(O)/%,$(wildcard tests/tpm/test_*.c))
CLI_BIN    := $(patsubst %.c,$(O)/%,$(wildcard tests/cli/*.c))
FAULT_BIN  := $(patsubst %.c,$(O)/%,$(wildcard tests/fault/*.c))
KERNEL_BIN := $(patsubst %.c,$(O)/%,$(wildcard tests/kernel/*.c tests/kernel/attacks/*.c))
KERNEL_SO  := $(filter %.so,$(KERNEL_BIN))
KERNEL_BIN := $(filter-out %.bpf %.so,$(KERNEL_BIN))
KERNEL_BPF := $(patsubst %.bpf.c,$(O)/%.bpf.o,$(wildcard tests/kernel/*.bpf.c tests/kernel/attacks/*.bpf.c))
BENCH_BIN  := $(patsubst %.c,$(O)/%,$(wildcard tests/bench/bench_*.c))
EXAMPLES   := $(O)/examples/built
INTEROP    := $(O)/interop/python.tar
FUZZ_BIN   := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
TEST_BIN   := $(UNIT_BIN) $(TPM_BIN) $(CLI_BIN) $(KERNEL_BIN)
DIRS := $(sort $(dir $(SHARED) $(INTEROP) $(LIB_OBJ) $(CLI_OBJ) $(BPF_OBJ) $(TEST_BIN) $(FAULT_BIN) $(KERNEL_BPF) \
          $(BENCH_BIN) $(FUZZ_BIN) $(COMPLETION)))

export O CACHE KERNELS KERNEL T J GUESTS SAN

all: $(BIN) $(COMPLETION) $(SHARED) $(STATIC) ## build the program and the library

$(BIN): $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The map's newest node is this version's, or there is no library.
$(SHARED): $(LIB) lib/libbpfkey.map include/bpfkey.h | $(DIRS)
	$(call say,LD,$@)
	$(Q)grep -q '^LIBBPFKEY_$(basename $(VERSION)) {' lib/libbpfkey.map || \
		{ echo 'lib/libbpfkey.map has no node LIBBPFKEY_$(basename $(VERSION)) for version $(VERSION)' >&2; exit 1; }
	$(Q)$(CC) $(ALL_CFLAGS) -shared $(LDFLAGS) -Wl,-soname,$(SONAME) $(if $(SAN),,-Wl,--no-undefined) \
		-Wl,--version-script=lib/libbpfkey.map -o $@ -Wl,--whole-archive $(LIB) -Wl,--no-whole-archive \
		-Wl,--as-needed $(LIB_LDLIBS)
	$(Q)ln -sf $(@F) $(DIST)/$(SONAME) && ln -sf $(SONAME) $(DIST)/libbpfkey.so

# One member whose internal names are local, so that they meet no one else's.
$(STATIC): $(LIB_OBJ) | $(DIRS)
	$(call say,AR,$@)
	$(Q)$(LD) -r -o $(DIST)/bpfkey.o $^ && $(OBJCOPY) --localize-hidden $(DIST)/bpfkey.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(DIST)/bpfkey.o && rm $(DIST)/bpfkey.o

$(O)/obj/%.o: %.c $(O)/.flags | $(DIRS)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP $(ALL_CFLAGS) -c -o $@ $<

# The BPF objects travel inside the library.
$(O)/obj/lib/kernel/%.o: lib/kernel/%.S $(BPF_OBJ) $(O)/.flags | $(DIRS)
	$(call say,AS,$<)
	$(Q)$(CC) -I$(O)/lib/bpf -c -o $@ $<

$(O)/%.bpf.o: %.bpf.c $(O)/.flags | $(DIRS)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c -o $@ $<
	$(Q)$(STRIP) -g $@

$(UNIT_BIN) $(TPM_BIN) $(CLI_BIN) $(KERNEL_BIN) $(BENCH_BIN): $(O)/%: %.c $(LIB) | $(DIRS)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) -I. -MMD -MP -MF $@.d $(ALL_CFLAGS) -pie $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

$(KERNEL_SO): $(O)/%: %.c | $(DIRS)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) -I. -MMD -MP -MF $@.d $(ALL_CFLAGS) -shared $(LDFLAGS) -o $@ $<

# Calls of the library that a test can make fail: tests/fault/wraps, and all into ESYS.
ESYS_WRAPS := $(O)/tests/fault/esys
$(ESYS_WRAPS).c: $(LIB) tests/fault/esys_wraps | $(DIRS)
	$(Q)CC='$(CC)' tests/fault/esys_wraps $(LIB) flags > $(ESYS_WRAPS).flags
	$(Q)CC='$(CC)' tests/fault/esys_wraps $(LIB) c > $@
$(ESYS_WRAPS).o: $(ESYS_WRAPS).c
	$(Q)$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) -c -o $@ $<
$(FAULT_BIN): $(O)/%: %.c $(ESYS_WRAPS).o tests/fault/wraps | $(DIRS)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CPPFLAGS) -I. -MMD -MP -MF $@.d $(ALL_CFLAGS) -pie $(LDFLAGS) @$(ESYS_WRAPS).flags \
		$(addprefix -Wl$(comma)--wrap=,$(shell cat tests/fault/wraps)) -o $@ $< $(ESYS_WRAPS).o $(LIB) $(LDLIBS)

$(FUZZ_BIN): $(O)/%: %.c $(LIB) | $(DIRS)
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(CPPFLAGS) -I. -std=gnu11 -g -O1 -fsanitize=fuzzer,$(SAN) -o $@ $< $(LIB) $(LDLIBS)

$(COMPLETION): $(BIN) keyctl-bpf/completion.sh
	$(call say,GEN,$@)
	$(Q)keyctl-bpf/completion.sh $(BIN) > $@

# Changed flags rebuild everything.
$(O)/.flags: FORCE | $(DIRS)
	@printf '%s\n' '$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(CLANG) $(BPF_CFLAGS)' | cmp -s - $@ || \
	 printf '%s\n' '$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(CLANG) $(BPF_CFLAGS)' > $@

$(DIRS): ; @mkdir -p $@

# Guests: kernels, the Debian 13 root that builds the module, cached below $(CACHE).
lab: ## fetch the test kernels and prepare the guests
	$(Q)tests/kernel/lib/prepare

$(EXAMPLES): tests/examples/build $(wildcard tests/examples/*.c) $(SHARED) $(STATIC) $(HEADERS) lib/libbpfkey.pc.in | all
	$(call say,TEST,$(@D))
	+$(Q)CC='$(CC)' tests/examples/build

# Debian's Python, for the loader that others might have written.
$(INTEROP): tests/interop/python tests/interop/loader.py | $(DIRS)
	$(call say,TEST,$@)
	$(Q)tests/interop/python $@

tests: all $(EXAMPLES) $(INTEROP) $(TEST_BIN) $(KERNEL_SO) $(FAULT_BIN) $(KERNEL_BPF) $(BPF_OBJ)

demo: tests lab ## the main job, seen end to end in a guest
	$(Q)tests/kernel/lib/demo

check: tests $(LAB) ## all tests; on kernels those once that do not depend on it
	$(Q)NARROW=1 tests/run lint unit cli tpm fault $(if $(LAB),kernel)
check-unit check-cli check-tpm check-fault: check-%: tests
	$(Q)tests/run $*
check-kernel: tests lab ## every test on every kernel (KERNELS="7.3", all or native; T=name)
	$(Q)tests/run kernel
check-long: tests $(LAB) ## high counts
	$(Q)LONG=1 tests/run unit cli tpm fault $(if $(LAB),kernel)
lint: tests ## style, layers, manual pages
	$(Q)tests/run lint
bench: tests $(BENCH_BIN) $(LAB) ## speed beside the peers, as ratios
	$(Q)tests/bench/run
	$(if $(LAB),$(Q)tests/bench/gate)
fuzz: ## fuzz each parser for a minute (T=name)
	$(Q)$(MAKE) --no-print-directory CC=$(CLANG) SAN=address,undefined O=$(O)-fuzz \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' run-fuzz
run-fuzz: $(FUZZ_BIN) $(BIN)
	$(Q)tests/fuzz/run
shell: tests lab ## a shell in a guest (KERNEL=7.3)
	$(Q)tests/kernel/lib/shell

install: all ## install below $(DESTDIR)$(PREFIX)
	install -D -m 0755 $(BIN) $(DESTDIR)$(PREFIX)/sbin/keyctl-bpf
	ln -sf keyctl-bpf $(DESTDIR)$(PREFIX)/sbin/keyctl-bpf-agent
	install -D -m 0644 $(COMPLETION) $(DESTDIR)$(PREFIX)/share/bash-completion/completions/keyctl-bpf
	install -D -m 0644 $(SHARED) $(DESTDIR)$(LIBDIR)/$(notdir $(SHARED))
	install -D -m 0644 $(STATIC) $(DESTDIR)$(LIBDIR)/libbpfkey.a
	ln -sf $(notdir $(SHARED)) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libbpfkey.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIB_LDLIBS)|' \
		lib/libbpfkey.pc.in | install -D -m 0644 /dev/stdin $(DESTDIR)$(LIBDIR)/pkgconfig/libbpfkey.pc
	$(foreach h,$(HEADERS),install -D -m 0644 $(h) $(DESTDIR)$(PREFIX)/$(h) &&) :
	$(foreach m,$(MAN),install -D -m 0644 $(m) $(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m)) &&) :
	$(foreach m,$(MLINKS),ln -sf $(notdir $(firstword $(subst :, ,$(m)))) $(call mlink,$(m)) &&) :
	$(foreach f,bpf_keyring.c Kbuild dkms.conf,install -D -m 0644 keyctl-bpf/kmod/$(f) $(DESTDIR)$(PREFIX)/src/bpf_keyring-$(VERSION)/$(f) &&) :
	sed -i 's/@VERSION@/$(VERSION)/' $(DESTDIR)$(PREFIX)/src/bpf_keyring-$(VERSION)/dkms.conf
	$(foreach u,$(UNITS),sed 's|@PREFIX@|$(PREFIX)|' $(u) | install -D -m 0644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/$(notdir $(u)) &&) :
	$(if $(DESTDIR)$(filter-out /usr /usr/local,$(PREFIX)),,-ldconfig 2>/dev/null)
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/sbin/keyctl-bpf $(DESTDIR)$(PREFIX)/sbin/keyctl-bpf-agent $(DESTDIR)$(PREFIX)/share/bash-completion/completions/keyctl-bpf
	rm -f $(foreach f,libbpfkey.a libbpfkey.so $(SONAME) $(notdir $(SHARED)) pkgconfig/libbpfkey.pc,$(DESTDIR)$(LIBDIR)/$(f))
	rm -f $(foreach h,$(HEADERS),$(DESTDIR)$(PREFIX)/$(h))
	rm -f $(foreach m,$(MAN),$(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m))) $(foreach m,$(MLINKS),$(call mlink,$(m)))
	rm -f $(foreach u,$(UNITS),$(DESTDIR)$(PREFIX)/lib/systemd/system/$(notdir $(u)))
	rm -rf $(DESTDIR)$(PREFIX)/src/bpf_keyring-$(VERSION)

clean: ## remove what was built, but not downloaded kernels and roots
	rm -rf build-san build-cov build-fuzz && find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} + 2>/dev/null || :

help: ## this list
	@sed -n 's/^\([a-z][a-z %-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r t d; do printf '  %-14s %s\n' "$$t" "$$d"; done
	@printf '  %-14s %s\n' check-CLASS 'one of them: unit, cli, tpm, fault (T=name for one test)'
	@printf '  %-14s %s\n' setup 'install the packages of tests/packages and fetch what guests need (root)'
	@printf '\nKERNELS: %s; all of them: all; one with a .bpf of its own, which is built here: native\n' \
		"$$(awk '!/^#/ && NF && !s[$$1]++ { printf "%s%s", n++ ? " " : "", $$1 }' tests/kernel/kernels)"
	@printf 'variables: O=%s KERNELS="%s" KERNEL=%s T=name GUESTS=0 SAN=address,undefined COV=1 V=1 CC CLANG PREFIX LIBDIR DESTDIR\n' '$(O)' '$(KERNELS)' '$(KERNEL)'

FORCE:
.PHONY: all lab tests demo check check-unit check-cli check-tpm check-fault check-kernel check-long \
        lint bench fuzz run-fuzz shell install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(BPF_OBJ:.o=.d) $(TEST_BIN:=.d) $(FAULT_BIN:=.d) $(KERNEL_BPF:.o=.d)

endif
