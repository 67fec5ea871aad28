# Programs that are linked when they start: their libraries are found on this host and put in.

# As `same`, natively in this host's own root with the environment of an image.
same_here() {
    record native env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        timeout -k 5 "$limit" "$@"
    record martlet run_martlet run --memory 512M "$@"
    agree
}
needs_this_architecture() { [ "$arch" = x86_64 ] || skip "this host has no libraries for $arch"; }

test_dynamic_hello() {
    needs_this_architecture
    same_here "$built/dynamic/hello" && same_here "$built/dynamic/hello-musl"
}
# A library beside the program ($ORIGIN in DT_RUNPATH), one that it needs in turn, one that is loaded
# while it runs.
test_dynamic_libraries() {
    needs_this_architecture
    same_here "$built/dynamic/libraries/program" /absent.so && expect_status martlet 1 || return 1
    record martlet run_martlet run --file "$built/dynamic/libraries/plugin.so:/plugin.so" \
        "$built/dynamic/libraries/program" /plugin.so
    grep -qx 'plugin: 42' martlet.out && expect_status martlet 0 || { cat martlet.all martlet.out; return 1; }
    record native env -i "$built/dynamic/libraries/program" "$built/dynamic/libraries/plugin.so"
    agree
}
# A folder has a library once more for better CPUs (glibc-hwcaps), which needs another library.
test_dynamic_better_cpus() {
    needs_this_architecture
    local folder=libraries/glibc-hwcaps/x86-64-v2
    mkdir -p $folder
    library() { echo "$2" >source.c && gcc -shared -fPIC -o "$1" source.c "${@:3}"; }
    library libraries/libmore.so 'int more(void) { return 40; }' &&
        library $folder/libpart.so 'int more(void); int part(void) { return more() + 2; }' -Llibraries -lmore &&
        library libraries/libpart.so 'int part(void) { return 1; }' || return 1
    echo 'extern int puts(const char *), printf(const char *, ...), part(void); int main(void) { printf("%d\n", part()); }' >main.c
    gcc -o program main.c -Llibraries -lpart -Wl,--disable-new-dtags -Wl,-rpath,"\$ORIGIN/libraries" || return 1
    hand_over .
    same_here "$PWD/program" || return 1
    # Its sister alone is needed where the folder lacks it.
    rm -r libraries/glibc-hwcaps
    same_here "$PWD/program" && [ "$(cat martlet.out)" = 1 ]
}
test_dynamic_missing_library() {
    needs_this_architecture
    mkdir alone
    cp "$built/dynamic/libraries/program" alone/
    hand_over alone
    record martlet run_martlet run alone/program
    refused 1 'needs the library libouter.so'
}
test_dynamic_missing_linker() {
    needs_this_architecture
    sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/ld-absent-86-64.so.2|' "$built/dynamic/hello" >other
    chmod 755 other
    record martlet run_martlet run ./other
    refused 1 'ld-absent-86-64.so.2, which is not on this host'
}
test_dynamic_image() {
    needs_this_architecture
    record martlet "$martlet" build -o hello.image "$built/dynamic/hello" || return 1
    expect_status martlet 0 || return 1
    record martlet run_martlet run hello.image
    record native "$built/dynamic/hello"
    agree
}
# A linker and libraries that the user brings, for a CPU whose this host has not.
test_dynamic_other_architecture() {
    [ "$arch" = arm64 ] || skip "for arm64"
    local from=/usr/aarch64-linux-gnu/lib
    [ -e $from/ld-linux-aarch64.so.1 ] || skip "no C library for arm64"
    printf '#include <stdio.h>\nint main(int n, char **a) { printf("%%s %%d\\n", a[1], n); return 7; }\n' >program.c
    aarch64-linux-gnu-gcc -O1 -o program program.c || return 1
    record martlet run_martlet run --file $from/ld-linux-aarch64.so.1:/lib/ld-linux-aarch64.so.1 \
        --file $from/libc.so.6:/lib/libc.so.6 ./program hello
    grep -qx 'hello 2' martlet.out && expect_status martlet 7 || { cat martlet.all; return 1; }
    record martlet run_martlet run ./program hello
    refused 1 'ld-linux-aarch64.so.1, which is not on this host'
}
# Programs as Debian has them.
test_dynamic_commands() {
    needs_this_architecture
    printf 'pear\napple\nfig\n' >words
    hand_over words
    local command
    for command in "/usr/bin/seq 5" "/usr/bin/expr 6 * 7" "/usr/bin/factor 1234567890" \
        "/usr/bin/printf %s-%d\n a 3" "/usr/bin/basename /a/b.c .c" "/bin/date -u -d @86400" \
        "/usr/bin/cut -d: -f1 /absent" "/bin/true" "/bin/false"; do
        set -f
        same_here $command || { echo "($command)"; return 1; }
        set +f
    done
    for command in sort md5sum wc "tac" "nl"; do
        record native env -i PATH=/usr/bin:/bin $command words
        record martlet run_martlet run --file words $command words
        agree || { echo "($command)"; return 1; }
    done
}
test_dynamic_script() {
    needs_this_architecture
    printf '#!%s -s\nputs words\n' "$built/dynamic/libraries/words" >script
    chmod 755 script
    hand_over script
    record native ./script one 'two three'
    record martlet run_martlet run ./script one 'two three'
    agree && grep -qx "4: two three" martlet.out || { cat martlet.out; return 1; }
}
test_dynamic_perl() {
    needs_this_architecture
    [ -x /usr/bin/perl ] || skip "no perl"
    same_here /usr/bin/perl -e 'my %h = map { $_ => length } qw(a bb ccc); print join(",", map { "$_=$h{$_}" } sort keys %h), "\n"; printf "%.3f\n", atan2(1, 1) * 4; exit 3'
}
test_dynamic_python() {
    needs_this_architecture
    [ -x /usr/bin/python3 ] || skip "no python3 (Debian's package)"
    cat >program.py <<'PYTHON'
import collections, hashlib, json, math, re, struct, sys, threading, zlib
print(json.dumps({"pi": round(math.pi, 6), "list": list(range(5))}, sort_keys=True))
print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world"), struct.pack("<IH", 1, 2))
print(hashlib.sha256(b"martlet").hexdigest(), zlib.crc32(b"martlet"))
found = []
def work(n):
    found.append((n, sum(i * n for i in range(20000))))
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(found))
print(collections.Counter("mississippi").most_common(2), sys.version_info[:2])
try:
    open("/absent")
except OSError as error:
    print(error)
sys.exit(5)
PYTHON
    hand_over program.py
    record native env -i PATH=/usr/bin:/bin HOME=/root /usr/bin/python3 program.py
    record martlet run_martlet run --memory 256M --file program.py /usr/bin/python3 program.py
    agree && expect_status martlet 5
}
