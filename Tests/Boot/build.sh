# Builds the programs of the boot tests into .build/boot, as far as they are older than their sources.
# The three kinds: static with musl, static with glibc, static-PIE with glibc (and musl's for hello).

musl=/usr/lib/x86_64-linux-musl
warnings="-Wall -Wno-unused-result -Wno-nonnull -Wno-array-bounds -Wno-stringop-overread
    -Wno-stringop-overflow -Wno-infinite-recursion"

# is_newer_than_sources TARGET SOURCE: than the source and what conformance programs include.
is_newer_than_sources() {
    local file
    for file in "$2" "$top"/Tests/Conformance/*.h; do [ "$1" -nt "$file" ] || return 1; done
}
# compile KIND SOURCE TARGET [FLAG…]
compile() {
    local kind=$1 source=$2 target=$3
    shift 3
    is_newer_than_sources "$target" "$source" && return
    case $kind in
    musl) musl-gcc -static -O1 $warnings "$@" -o "$target" "$source" ;;
    musl-pie) # the specs of Debian's musl-gcc know no static PIE
        musl-gcc -fPIE -O1 $warnings "$@" -c -o "$target.o" "$source" &&
            gcc -static-pie -nostdlib -o "$target" $musl/rcrt1.o $musl/crti.o "$target.o" \
                $musl/libc.a -lgcc $musl/crtn.o ;;
    glibc) gcc -static -O1 $warnings "$@" -o "$target" "$source" ;;
    pie) gcc -static-pie -fPIE -O1 $warnings "$@" -o "$target" "$source" ;;
    dynamic) gcc -O1 $warnings "$@" -o "$target" "$source" ;;
    esac || { echo "Tests/Boot: $source does not compile for $kind" >&2; return 1; }
}

# Conformance programs that are built as static PIE too.
pie_conformance="start entry brk mmap faults signal_frame proc_self"

build_programs() {
    local source name failed=0 kind flags
    mkdir -p "$built"/{musl,musl-pie,glibc,pie,dynamic}
    for source in native badelf as-user pty; do
        [ "$built/$source" -nt "$here/$source.c" ] ||
            gcc -O1 -Wall -Wno-unused-result -o "$built/$source" "$here/$source.c" || failed=1
    done
    for source in "$top"/Tests/Programs/*.c; do
        name=$(basename "$source" .c)
        flags=
        [ "$name" != nested ] || flags=-fno-omit-frame-pointer
        for kind in musl glibc pie musl-pie; do
            compile $kind "$source" "$built/$kind/$name" $flags || failed=1
        done
    done
    build_dynamic_programs || failed=1
    for source in "$top"/Tests/Conformance/*.c; do
        name=$(basename "$source" .c)
        ! grep -q 'Only arm64' "$source" || continue
        flags=
        [ "$name" != start ] || flags=-Wl,-e,conformance_start
        for kind in musl glibc; do
            compile $kind "$source" "$built/$kind/conformance-$name" $flags || failed=1
        done
        case " $pie_conformance " in
        *" $name "*) compile pie "$source" "$built/pie/conformance-$name" $flags || failed=1 ;;
        esac
    done
    if [ ! "$built/swift-hello" -nt "$top/Tests/Programs/main.swift" ] && command -v swiftc >/dev/null; then
        swiftc -O -static-executable -o "$built/swift-hello" "$top/Tests/Programs/main.swift" || failed=1
    fi
    build_real_programs || failed=1
    return $failed
}

# Programs that are linked when they start, with libraries of their own beside them.
build_dynamic_programs() {
    local from=$top/Tests/Programs/Dynamic to=$built/dynamic/libraries
    compile dynamic "$top/Tests/Programs/hello.c" "$built/dynamic/hello" || return 1
    [ "$built/dynamic/hello-musl" -nt "$top/Tests/Programs/hello.c" ] ||
        musl-gcc -O1 -o "$built/dynamic/hello-musl" "$top/Tests/Programs/hello.c" || return 1
    for source in "$from"/*.c; do
        [ "$to/program" -nt "$source" ] && continue
        mkdir -p "$to/lib"
        gcc -O1 -shared -fPIC -o "$to/lib/libinner.so" "$from/inner.c" &&
            gcc -O1 -shared -fPIC -Wl,-rpath,'$ORIGIN' -o "$to/lib/libouter.so" "$from/outer.c" -L"$to/lib" -linner &&
            gcc -O1 -shared -fPIC -o "$to/plugin.so" "$from/plugin.c" -lm &&
            gcc -O1 -o "$to/words" "$from/words.c" &&
            gcc -O1 -Wl,-rpath,'${ORIGIN}/lib' -Wl,-rpath-link,"$to/lib" -o "$to/program" "$from/program.c" \
                -L"$to/lib" -louter
        return
    done
}

# Programs of other people's libraries, static as all.
build_real_programs() {
    local real=$top/Tests/Programs/Real failed=0
    # What the linker says about dlopen in a static program is true of both sides.
    [ "$built/lua" -nt "$real/lua.c" ] ||
        gcc -static -O1 -o "$built/lua" "$real/lua.c" -llua5.4 -lm -ldl 2>"$built/lua.log" ||
        { cat "$built/lua.log"; failed=1; }
    [ "$built/sqlite" -nt "$real/sqlite.c" ] ||
        gcc -static -O1 -o "$built/sqlite" "$real/sqlite.c" -lsqlite3 -lm -ldl -lpthread \
            2>"$built/sqlite.log" || { cat "$built/sqlite.log"; failed=1; }
    if [ ! "$built/swift-words" -nt "$real/words.swift" ] && command -v swiftc >/dev/null; then
        swiftc -O -static-executable -o "$built/swift-words" "$real/words.swift" \
            2>"$built/swift-words.log" || { cat "$built/swift-words.log"; failed=1; }
    fi
    # Standard error is the linker's warning of dlopen, as above.
    if [ ! "$built/swift-tasks" -nt "$real/tasks.swift" ] && command -v swiftc >/dev/null; then
        swiftc -O -parse-as-library -static-executable -o "$built/swift-tasks" "$real/tasks.swift" \
            2>"$built/swift-tasks.log" || { cat "$built/swift-tasks.log"; failed=1; }
    fi
    compile_go amd64 "$real/threads.go" "$built/go-threads" || failed=1
    return $failed
}
# compile_go ARCHITECTURE SOURCE TARGET: nothing where there is no Go.
compile_go() {
    [ ! "$3" -nt "$2" ] && command -v go >/dev/null || return 0
    CGO_ENABLED=0 GOOS=linux GOARCH=$1 GOCACHE=$top/.build/go-cache GOFLAGS=-buildvcs=false GO111MODULE=off \
        go build -o "$3" "$2"
}

# Puts a command in martlet's place that runs machines on QEMU.
use_qemu() {
    local accelerator=tcg name=${vmm%%/*}
    # TCG takes ten times as long, and more on a busy machine.
    limit=200 test_limit=500 kill_after=200
    [ "$name" = "$vmm" ] || accelerator=${vmm#*/}
    local board=${name#qemu:}
    [ "$board" != qemu ] || board=microvm
    local emulator=qemu-system-x86_64
    [ $arch != arm64 ] || board=virt emulator=qemu-system-aarch64
    vmm_option=(--qemu "$board:$accelerator")
    mv "$martlet" "$work/bin/martlet-itself"
    printf '#!/bin/sh\nif [ "$1" = run ] && [ $# != 1 ]; then\n    shift\n    exec %s run --vmm %s --accelerator %s "$@"\nfi\nexec %s "$@"\n' \
        "$work/bin/martlet-itself" "$name" "$accelerator" "$work/bin/martlet-itself" >"$martlet"
    chmod 755 "$martlet"
    command -v $emulator >/dev/null || unusable="$emulator is not installed"
    [ -e "$work/bin/martlet-kernel-$arch" ] || unusable="there is no martlet-kernel-$arch yet"
}

# Puts a script in martlet's place that gives each machine so many CPUs.
use_processors() {
    mv "$martlet" "$work/bin/martlet-of-one"
    printf '#!/bin/sh\nif [ "$1" = run ] && [ $# != 1 ]; then\n    shift\n    exec %s run --cpus %s "$@"\nfi\nexec %s "$@"\n' \
        "$work/bin/martlet-of-one" "$cpus" "$work/bin/martlet-of-one" >"$martlet"
    chmod 755 "$martlet"
}

# Copies what is to be tested to where any user may run it; says why nothing can run.
prepare_martlet() {
    local file
    unusable=
    for file in native badelf as-user pty; do cp "$top/.build/boot/$file" "$work/"; done
    native=$work/native
    if [ "${MARTLET:-}" = native ]; then
        martlet=$native
    else
        mkdir "$work/bin"
        file=${MARTLET:-$top/.build/release/martlet}
        if [ ! -x "$file" ]; then
            echo "Tests/Boot/run: there is no $file; run make build" >&2
            return 1
        fi
        for file in "$file" "$(dirname "$file")/martlet-vmm" "$(dirname "$file")"/martlet-kernel-*; do
            [ ! -f "$file" ] || cp -L "$file" "$work/bin/"
        done
        [ $checked = no ] || cp "$top/.build/checked-kernel-$arch" "$work/bin/martlet-kernel-$arch" || return 1
        martlet=$work/bin/$(basename "${MARTLET:-martlet}")
        if [ -n "$vmm" ]; then
            use_qemu
        elif [ ! -e /dev/kvm ]; then
            unusable="there is no /dev/kvm"
        elif [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
            unusable="user $(id -un) may not open /dev/kvm"
        fi
    fi
    [ $arch != arm64 ] || use_arm64
    [ -z "$cpus" ] || use_processors
    set_martlet_command
    if [ "$(id -u)" != 0 ]; then
        [ $as_user = no ] || { echo "Tests/Boot/run: --as-user needs root" >&2; return 1; }
    fi
}
