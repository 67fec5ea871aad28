# The axis `--arch arm64`: the same tests with arm64 programs, on QEMU's virt.
#
# The programs are built with Debian's cross compiler; musl, busybox, Lua and SQLite are Debian's arm64
# packages, unpacked by `Scripts/bootstrap arm64`. The native side stays the host's: it runs the x86-64
# build of the same program, as what programs print does not depend on the CPU. Where it does, the
# expected lines are in Tests/Conformance/arm64. With MARTLET=native qemu-aarch64-static takes martlet's
# place, which tests the tests, as far as it does what Linux does.

cross=aarch64-linux-gnu-gcc
emulator=/usr/bin/qemu-aarch64-static
packages=$top/.build/arm64
busybox=$packages/bin/busybox
cross_musl=$packages/usr/lib/aarch64-linux-musl

# What a conformance program says behind "Only x86-64:" or "Only arm64:" in a comment.
reason_of_only() {
    sed -nE "/Only $1: */{s///;s,^[/* ]*,,;s, *\\*/.*,,;p;q}" "$top/Tests/Conformance/$2.c"
}
# What is a test of arm64 alone, and why.
reason_only_on_arm64() {
    case $1 in
    conformance-*) reason_of_only arm64 "${1#conformance-*-}" | sed "s,^,on arm64 only: ," ;;
    esac
}
# What is no test of arm64, or not yet, and why; nothing where a test runs.
reason_not_on_arm64() {
    case $1 in
    conformance-*) reason_of_only x86-64 "${1#conformance-*-}" ;;
    swift-* | threads-swift*) echo "Swift has no static SDK for Linux on arm64 here" ;;
    calls-sites) echo "the sites of its program are x86-64's instructions" ;;
    calls-of-c-libraries) echo "its sum has flags that are other numbers on arm64; a site of several numbers stays slow (decision 7)" ;;
    calls-vdso) echo "the names of its functions are others on arm64; conformance-*-clock_gettime reads it" ;;
    fallback-* | ordinary-kvm | kvm-forbidden | rights-* | terminal-on-qemu | terminal-job-on-qemu | doctor*)
        echo "is about the x86-64 host" ;;
    hostile-guest | vmm-*) echo "is about our own VMM, which runs x86-64 only" ;;
    bad-* | other-machines-* | arm64-where-* | manual-* | completion-* | usage-errors | help-and-version)
        echo "is about the tool, the same for each CPU" ;;
    esac
}
# compile_arm64 KIND SOURCE TARGET [FLAG…]
compile_arm64() {
    local kind=$1 source=$2 target=$3
    shift 3
    is_newer_than_sources "$target" "$source" && return
    # musl has not what the compiler's own atomics ask of a C library.
    local musl_flags="-mno-outline-atomics -nostdinc -isystem $packages/usr/include/aarch64-linux-musl
        -isystem $($cross -print-file-name=include)"
    case $kind in
    musl)
        $cross -O1 $warnings $musl_flags "$@" -c -o "$target.o" "$source" &&
            $cross -static -nostdlib $(link_flags "$@") -o "$target" $cross_musl/crt1.o $cross_musl/crti.o \
                "$target.o" $cross_musl/libc.a -lgcc $cross_musl/crtn.o ;;
    musl-pie)
        $cross -fPIE -O1 $warnings $musl_flags "$@" -c -o "$target.o" "$source" &&
            $cross -static-pie -nostdlib $(link_flags "$@") -o "$target" $cross_musl/rcrt1.o \
                $cross_musl/crti.o "$target.o" $cross_musl/libc.a -lgcc $cross_musl/crtn.o ;;
    glibc) $cross -static -O1 $warnings "$@" -o "$target" "$source" ;;
    pie) $cross -static-pie -fPIE -O1 $warnings "$@" -o "$target" "$source" ;;
    esac || { echo "Tests/Boot: $source does not compile for $kind on arm64" >&2; return 1; }
}
link_flags() {
    local flag
    for flag; do case $flag in -Wl,*) echo "$flag" ;; esac; done
}

build_arm64_programs() {
    local source name failed=0 kind flags
    built=$top/.build/boot-arm64
    for name in "$cross" "$emulator"; do
        command -v "$name" >/dev/null || { echo "Tests/Boot: no $name; run Scripts/bootstrap arm64" >&2; return 1; }
    done
    mkdir -p "$built"/{musl,musl-pie,glibc,pie}
    for source in "$top"/Tests/Programs/*.c; do
        name=$(basename "$source" .c)
        ! grep -q 'Only x86-64' "$source" || continue
        flags=
        [ "$name" != nested ] || flags=-fno-omit-frame-pointer
        for kind in musl glibc pie musl-pie; do
            compile_arm64 $kind "$source" "$built/$kind/$name" $flags || failed=1
        done
    done
    for source in "$top"/Tests/Conformance/*.c; do
        name=$(basename "$source" .c)
        ! grep -q 'Only x86-64' "$source" || continue
        flags=
        [ "$name" != start ] || flags=-Wl,-e,conformance_start
        for kind in musl glibc; do
            compile_arm64 $kind "$source" "$built/$kind/conformance-$name" $flags || failed=1
        done
        case " $pie_conformance " in
        *" $name "*) compile_arm64 pie "$source" "$built/pie/conformance-$name" $flags || failed=1 ;;
        esac
    done
    for name in lua sqlite; do
        [ ! "$built/$name" -nt "$top/Tests/Programs/Real/$name.c" ] || continue
        flags="-lsqlite3 -lm -ldl -lpthread"
        [ $name = sqlite ] || flags="-llua5.4 -lm -ldl"
        $cross -static -O1 -I"$packages/usr/include" -I"$packages/usr/include/lua5.4" \
            -I"$packages/usr/include/aarch64-linux-gnu" \
            -L"$packages/usr/lib/aarch64-linux-gnu" -o "$built/$name" "$top/Tests/Programs/Real/$name.c" \
            $flags 2>"$built/$name.log" || { cat "$built/$name.log"; failed=1; }
    done
    compile_go arm64 "$top/Tests/Programs/Real/threads.go" "$built/go-threads" || failed=1
    return $failed
}

# Puts a command in martlet's place for whom /bin/busybox is arm64's, and so are copies of it.
use_arm64() {
    local command=$martlet
    [ -e "$packages/complete-2" ] || { unusable="there are no arm64 packages: run Scripts/bootstrap arm64"; return; }
    [ "$(id -u)" = 0 ] || { unusable="the tests of arm64 mount busybox over the host's, which needs root"; return; }
    if [ "${MARTLET:-}" = native ]; then
        command="$native run --emulator $emulator"
        mkdir "$work/bin"
    else
        mv "$martlet" "$work/bin/martlet-other"
        command=$work/bin/martlet-other
    fi
    martlet=$work/bin/martlet
    cat >"$martlet" <<SCRIPT
#!/bin/sh
[ "\${1:-}" != run ] || [ "${MARTLET:-}" != native ] || shift
exec unshare --mount sh -c '
    for word; do
        [ ! -f "\$word" ] || [ "\$word" = /bin/busybox ] || ! cmp -s "\$word" /bin/busybox ||
            mount --bind $busybox "\$word"
    done
    mount --bind $busybox /bin/busybox && exec "\$@"' - $command "\$@"
SCRIPT
    chmod 755 "$martlet"
    cpu_name=aarch64 busybox_of_martlet=$busybox
}

