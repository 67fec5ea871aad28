# Martlet's workshop; CONTRIBUTING.md says what each target is for.
.DEFAULT_GOAL := help
.PHONY: help build kernel kernel-checked run test test-all test-ordinary-kvm test-qemu test-arm64 test-cpus test-threads test-locks test-races test-runtimes test-python test-stress test-shortage check fuzz bench format test-bootstrap clean
SHELL := /bin/sh

SECONDS ?= 60
# Release programs are fully static: they start in 1 ms instead of 3, and run on any Linux.
HOST_FLAGS := -c release --static-swift-stdlib -Xswiftc -static-executable -Xswiftc -use-ld=lld
ARCHITECTURES := x86_64 arm64
TRIPLE_x86_64 := x86_64-unknown-none-elf
TRIPLE_arm64 := aarch64-none-none-elf
RELEASE := .build/release
TOOLCHAIN = $(dir $(shell readlink -f "$$(command -v swift)"))

help:
	@echo 'make run             boot an example program as a unikernel'
	@echo 'make test            build everything and run every test'
	@echo 'make build           martlet, martlet-vmm and the kernels in .build/release'
	@echo 'make check           format, fence, disassembly, generated files'
	@echo 'make fuzz SECONDS=60 every parser and both ring halves, SECONDS each'
	@echo 'make bench           measure (table and JSON)'
	@echo 'make format          format the sources in place'
	@echo 'make test-bootstrap  make run and make test in a fresh Debian 12'
	@echo 'make test-qemu       every boot test on QEMU'
	@echo 'make test-arm64      every boot test with arm64 programs'
	@echo 'make test-cpus       the conformance programs on two CPUs'
	@echo 'make test-shortage   memory that runs out at each point of the conformance programs'
	@echo 'make test-threads    the programs of threads ROUNDS=200 times on 1, 2 and 4 CPUs'
	@echo 'make test-runtimes   language runtimes: ruby, php, node, java; installs them'
	@echo "make test-python     python's own test modules, natively and as unikernels"
	@echo "make test-stress     stress-ng's classes, natively and as unikernels"
	@echo 'make test-locks      threads on a kernel that checks how its locks are used'
	@echo 'make test-races      the scheduler under the thread sanitizer'
	@echo 'make test-all        check, every test, fuzz and bench'
	@echo 'make clean           remove everything that was built'

# The kernel comes last: SwiftPM makes .build/release a link, and replaces a folder of that name.
build:
	swift build $(HOST_FLAGS) --product martlet
	swift build $(HOST_FLAGS) --product martlet-vmm
	@$(MAKE) --no-print-directory kernel

# A kernel's name says its architecture; martlet looks for it beside itself.
kernel: $(addprefix kernel-,$(ARCHITECTURES))

kernel-%:
	MARTLET_BARE=$* swift build --toolset Scripts/toolsets/$*.json --triple $(TRIPLE_$*) \
		-c release --product kernel --scratch-path .build-$*
	@mkdir -p $(RELEASE)
	@$(TOOLCHAIN)llvm-objcopy --strip-debug .build-$*/release/kernel $(RELEASE)/martlet-kernel-$*.new
	@mv -f $(RELEASE)/martlet-kernel-$*.new $(RELEASE)/martlet-kernel-$*

# The same for x86-64 with checks of the order of its locks, and of how long each is held.
kernel-checked:
	MARTLET_BARE=x86_64 MARTLET_CHECKS=1 swift build --toolset Scripts/toolsets/x86_64.json --triple $(TRIPLE_x86_64) \
		-c release --product kernel --scratch-path .build-x86_64-checked
	@$(TOOLCHAIN)llvm-objcopy --strip-debug .build-x86_64-checked/release/kernel .build/checked-kernel-x86_64

# Threads and the self tests on that kernel.
test-locks: build kernel-checked
	@Tests/Boot/run --checked locks- selftest- cpus-
	@Tests/Boot/run --checked --cpus 2 conformance-musl-thread conformance-musl-futex conformance-musl-m

run:
	@Scripts/bootstrap run
	@$(MAKE) --no-print-directory build
	@Scripts/run-example

test:
	@Scripts/bootstrap test
	@Scripts/test

# The boot tests that need a KVM which runs ring 0 at full speed: inside QEMU's emulated SVM.
test-ordinary-kvm: build
	@Scripts/bootstrap ordinary-kvm
	@Tests/Boot/run ordinary-kvm

# Every boot test on QEMU: microvm and q35 under TCG, microvm on KVM.
test-qemu: build
	@Scripts/bootstrap test
	@Tests/Boot/run --vmm qemu
	@Tests/Boot/run --vmm qemu:q35 --quick
	@if [ -w /dev/kvm ]; then Tests/Boot/run --vmm qemu/kvm --quick; fi

# The conformance programs on machines with two CPUs, and the threads' many times.
test-cpus: build
	@Scripts/bootstrap test
	@Tests/Boot/run --cpus 2 conformance-
	@for round in 1 2 3 4 5 6 7 8 9 10; do Tests/Boot/run --cpus 2 conformance-musl-threads conformance-glibc-threads cpus- || exit 1; done

# Each allocation of each conformance program fails once; the programs are those that test built. Hours.
test-shortage: build
	@Tests/Boot/run memory-shortage-sample
	@Scripts/test-shortage .build/boot/musl/conformance-*

# The programs of threads again and again; one that hangs shows where its threads are.
ROUNDS ?= 200
test-threads: build
	@Scripts/bootstrap test
	@Tests/Boot/thread-rounds $(ROUNDS)

# What of the scheduler runs on a host, under the thread sanitizer.
test-races:
	swift test --sanitize thread --scratch-path .build-thread --filter SchedulerTests

# Dynamic programs, with language runtimes that `make test` leaves out where they are not installed.
test-runtimes: build
	@Scripts/bootstrap runtimes
	@Tests/Boot/run dynamic- runtime-
	@$(MAKE) --no-print-directory test-python

# stress-ng's classes, natively and as unikernels; half an hour. CLASSES="futex timer" for some.
test-stress: build
	@Scripts/bootstrap runtimes
	@Scripts/test-stress $(CLASSES)

# Python's own test modules, natively and as unikernels; half an hour. MODULES="test_os test_io" for some.
test-python: build
	@Scripts/bootstrap runtimes
	@Scripts/test-python $(MODULES)

# Every boot test with arm64 programs, on QEMU's virt.
test-arm64: build
	@Scripts/bootstrap arm64
	@Tests/Boot/run --arch arm64

test-all: check test test-ordinary-kvm test-qemu test-arm64 test-cpus test-threads test-locks test-races test-runtimes test-shortage
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory bench

check:
	@Scripts/bootstrap test
	@Scripts/check

fuzz:
	@Scripts/bootstrap fuzz
	@Scripts/fuzz $(SECONDS)

bench: build
	@Scripts/bootstrap ordinary-kvm
	@Scripts/bench

format:
	@git ls-files -co --exclude-standard '*.swift' | xargs swift format --in-place --parallel

test-bootstrap:
	@Scripts/test-bootstrap

clean:
	rm -rf .build .build-*
