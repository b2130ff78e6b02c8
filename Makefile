# SPDX-License-Identifier: GPL-2.0-or-later
# Everything is made under build/, and what is downloaded under
# $(XDG_CACHE_HOME)/ext4-dax. V=1 shows the commands.

Q := $(if $(filter 1,$(V)),,@)
MAKEFLAGS += --no-print-directory $(if $(filter 1,$(V)),,-s)
# The kernel that the guest tests boot: Debian's, or one of ours.
KERNEL ?=
export V KERNEL

PREFIX ?= /usr/local
DESTDIR ?=
build := $(CURDIR)/build
programs := $(patsubst tests/src/%.c,build/tests/%,$(wildcard tests/src/*.c))
tests_cflags := -O2 -g -std=gnu11 -Wall -Wextra -Werror -pthread

.PHONY: help
help:
	@echo 'Both of these do all their own set-up, on a fresh Debian 12 or 13:'
	@echo '  demo         build all, then use it on an emulated NVDIMM        [root]'
	@echo '  check        run the tests; TESTS=PATTERN chooses, JOBS=N at once [root, slow]'
	@echo '               KERNEL=release runs them on a kernel with ours built in'
	@echo
	@echo '  check-debug       the guest tests and the unit tests on a kernel with'
	@echo '                    lockdep, KASAN and more; TESTS=PATTERN     [root, slow]'
	@echo '  check-kcsan       the same on one with KCSAN for our files   [root, slow]'
	@echo '  check-mutants     take away one protection each, and see a test fail;'
	@echo '                    MUTANTS=PATTERN chooses                    [root, slow]'
	@echo '  check-crash       300 images of a device in use, each recovered and'
	@echo '                    checked                                    [root, slow]'
	@echo '  check-e2fsprogs   the own tests of the patched e2fsprogs     [root, slow]'
	@echo '  fuzz              the parsers of ext4dax, a minute each      [root, slow]'
	@echo '  bench        measure ours, stock ext4-DAX, XFS-DAX and the limit in the'
	@echo '               virtual machine; BENCH=PATTERNS chooses, ROUNDS=N  [root, slow]'
	@echo '               DEVICE=/dev/pmemX: on that instead, ERASING it'
	@echo '  bench-apps   the same, of fio, SQLite, LMDB, RocksDB and pmempool [root, slow]'
	@echo '  bench-smoke  a few of it, to see that it works                     [root]'
	@echo '  bench-table  what make bench measured last, for the README'
	@echo '  shell        a shell in the virtual machine, DAX file system at /mnt'
	@echo '  module       build/module/ext4.ko for the base kernel'
	@echo '  kernel       the whole kernel, small, for virtual machines, with [slow]'
	@echo '               ours built in; kernel-deb: as Debian packages'
	@echo '  kernel-debug      the same, with lockdep, KASAN and more     [slow]'
	@echo '  e2fsprogs    the patched e2fsprogs'
	@echo '  tools        ext4dax, the admin tool'
	@echo '  lint         every static check'
	@echo '  linux        build/linux: the base with the series as git commits [slow]'
	@echo '  refresh      linux/patches from the commits in build/linux'
	@echo '  series       build/series: the whole change, ready to mail'
	@echo '  install      e2fsprogs and ext4dax under PREFIX, the module for [root]'
	@echo '               this kernel if it is the base; DESTDIR is honoured'
	@echo '  uninstall    what install put there                             [root]'
	@echo '  deps         install the Debian packages that all this needs    [root]'
	@echo '  clean        remove build/'
	@echo
	@echo '[root]: as root, or as a user whom sudo lets install packages.'

purposes := build kernel deb vm lint test bench apps fuzz unpack
.PHONY: deps $(purposes:%=deps-%)
deps: $(purposes:%=deps-%)
$(purposes:%=deps-%):
	$(Q)scripts/deps $(@:deps-%=%)

# The base in use is a link into the cache.
.PHONY: base
base: deps-build
	$(Q)b=$$(scripts/fetch-base) && mkdir -p build && ln -sfn "$$b" build/base

.PHONY: module
module: base
	$(Q)scripts/build-module

# The base whole, with ours built in.
.PHONY: kernel kernel-release kernel-debug kernel-kcsan kernel-deb
kernel: kernel-release
kernel-release kernel-debug kernel-kcsan: base deps-kernel
	$(Q)scripts/build-kernel $(@:kernel-%=%)
kernel-deb: base deps-kernel deps-deb
	$(Q)scripts/build-kernel -d release

.PHONY: e2fsprogs
e2fsprogs: deps-build
	$(Q)t=$$(scripts/fetch-base e2fsprogs) && \
		$(MAKE) -C e2fsprogs-patches O=$(build)/e2fsprogs TARBALL="$$t"

.PHONY: tools
tools: deps-build
	$(Q)$(MAKE) -C tools/ext4dax O=$(build)/tools/ext4dax

# The same with ASan and UBSan, which most tests of it run.
.PHONY: tools-sanitized
tools-sanitized: deps-build
	$(Q)$(MAKE) -C tools/ext4dax SAN=1 O=$(build)/tools/ext4dax-sanitized

build/tests/daxcrash: tests_libs := -lext2fs -lcom_err
build/tests/%: tests/src/%.c $(wildcard tests/src/*.h) tools/ext4dax/uapi.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(tests_cflags) -o $@.tmp $< $(tests_libs) && mv $@.tmp $@
build/bench/%: bench/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(tests_cflags) -o $@.tmp $< $(libs) && mv $@.tmp $@
# Static, because most of the emulated machine's time goes into starting programs.
build/bench/daxbench: libs := -static
build/bench/lmdb: libs := -llmdb
$(programs) build/bench/daxbench: | deps-build
build/bench/lmdb: | deps-build deps-apps

.PHONY: all
all: module e2fsprogs tools $(programs)

.PHONY: demo
demo: all deps-vm
	$(Q)tests/vm/run --name demo -- scripts/demo

.PHONY: shell
shell: all deps-vm
	$(Q)tests/vm/run --name shell --shell -- tests/vm/shell

.PHONY: check check-deps
check-deps: all build/bench/daxbench tools-sanitized deps-vm deps-test deps-bench deps-fuzz deps-unpack
check: check-deps $(KERNEL:%=kernel-%)
	$(Q)tests/check '$(TESTS)'

.PHONY: check-debug check-kcsan
check-debug check-kcsan:
	$(Q)$(MAKE) check KERNEL=$(@:check-%=%) TESTS='$(or $(TESTS),guest/*)'

# On a real device, after a confirmation: DEVICE=/dev/pmemX, YES=1 without one.
bench_device = $(if $(DEVICE),--device '$(DEVICE)' $(if $(YES),--yes))
.PHONY: bench bench-apps bench-smoke bench-table
bench: all build/bench/daxbench deps-vm deps-bench
	$(Q)bench/run --count $(bench_device)
bench-apps: all build/bench/lmdb deps-vm deps-bench
	$(Q)bench/run --set apps --dir build/bench/apps $(bench_device)
bench-smoke: all build/bench/daxbench deps-vm deps-bench
	$(Q)bench/run --smoke --dir build/bench/smoke
bench-table:
	$(Q)bench/run --markdown

.PHONY: check-mutants
check-mutants: all deps-vm deps-kernel deps-test deps-bench
	$(Q)scripts/check-mutants '$(MUTANTS)'

.PHONY: check-crash
check-crash: all deps-vm deps-test
	$(Q)CRASH_IMAGES=150 tests/check crash/images.t

# Each target for FUZZ_TIME seconds.
.PHONY: fuzz
fuzz: deps-build deps-fuzz
	$(Q)$(MAKE) -C tools/ext4dax fuzz O=$(build)/tools/ext4dax-fuzz FUZZ_TIME='$(or $(FUZZ_TIME),60)'

.PHONY: check-e2fsprogs
check-e2fsprogs: deps-build deps-test
	$(Q)t=$$(scripts/fetch-base e2fsprogs) && \
		$(MAKE) -C e2fsprogs-patches check O=$(build)/e2fsprogs TARBALL="$$t"
	$(Q)FUZZ_COUNT=10000 tests/check e2fsprogs/fuzz.t

.PHONY: lint
lint: base deps-lint
	$(Q)scripts/lint

.PHONY: linux refresh series
linux: base deps-test
	$(Q)scripts/linux-tree
refresh: base deps-test
	$(Q)scripts/linux-tree --refresh
series: base deps-test
	$(Q)scripts/series

.PHONY: install install-programs uninstall
install: install-programs module
	$(Q)scripts/install-module '$(DESTDIR)'

install-programs: e2fsprogs tools
	$(Q)t=$$(scripts/fetch-base e2fsprogs) && $(MAKE) -C e2fsprogs-patches install \
		O=$(build)/e2fsprogs TARBALL="$$t" PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)'
	$(Q)$(MAKE) -C tools/ext4dax install O=$(build)/tools/ext4dax PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)'

# What an installation into an empty folder has is what goes.
uninstall: base
	$(Q)rm -rf build/uninstall
	$(Q)$(MAKE) install-programs DESTDIR=$(build)/uninstall
	$(Q)cd build/uninstall && find . ! -type d | while read -r f; do rm -f "$(DESTDIR)/$$f"; done
	$(Q)scripts/install-module -r '$(DESTDIR)'

.PHONY: clean
clean:
	$(Q)rm -rf build
