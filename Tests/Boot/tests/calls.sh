# System calls as jumps: sites that a naive rewriter breaks, both ways the same, how many take which.

# calls NAME: the counts of jumps, sites and instructions that a run with -v said at its end.
calls() { sed -nE 's/.*system calls: ([0-9]+) by a jump from ([0-9]+) sites, ([0-9]+) by the instruction.*/\1 \2 \3/p' "$1.all"; }

test_calls_sites() {
    local kind counts
    for kind in musl glibc pie musl-pie; do
        record native run_native run "$built/$kind/sites"
        record martlet run_martlet run "$built/$kind/sites"
        agree || { echo "($kind)"; return 1; }
        record martlet run_martlet run --no-rewrite "$built/$kind/sites"
        agree || { echo "($kind, not rewritten)"; return 1; }
        record counted run_martlet run -v "$built/$kind/sites"
        read -ra counts < <(calls counted)
        [ "${counts[1]:-0}" -ge 20 ] && [ "${counts[0]}" -ge 1000 ] ||
            { echo "($kind) calls: ${counts[*]}"; return 1; }
    done
}
test_calls_no_rewrite() {
    local counts
    record counted run_martlet run -v --no-rewrite "$built/musl/libc_calls" 3
    read -ra counts < <(calls counted)
    [ "${counts[0]:-1}" = 0 ] && [ "${counts[1]}" = 0 ] && [ "${counts[2]}" -ge 100 ] ||
        { echo "calls: ${counts[*]}"; return 1; }
}
# At least 95 of 100 calls of the C libraries come by a jump.
test_calls_of_c_libraries() {
    local kind counts
    for kind in musl glibc; do
        same "$built/$kind/libc_calls" || return 1
        record counted run_martlet run -v "$built/$kind/libc_calls"
        read -ra counts < <(calls counted)
        echo "$kind: ${counts[0]:-0} by a jump, ${counts[2]:-0} by the instruction"
        [ "${counts[0]:-0}" -ge $((${counts[2]:-1} * 19)) ] || return 1
    done
}
# Every conformance program prints the same with its sites left as they are.
# Twice five hundred machines, of which QEMU's are slow.
limit_of_calls_both_ways_with_musl=$([ -z "${vmm:-}" ] && echo 900 || echo 2400)
limit_of_calls_both_ways_with_glibc=$limit_of_calls_both_ways_with_musl
test_calls_both_ways_with_musl() { calls_both_ways musl; }
test_calls_both_ways_with_glibc() { calls_both_ways glibc; }
calls_both_ways() {
    local program name wrong=0
    for program in "$built/$1"/conformance-*; do
        name=$(basename "$program")
        [ -f "$top/Tests/Conformance/${name#conformance-}.c" ] || continue
        # Of programs of many processes three: what is inherited, borrowed and replaced.
        case ${name#conformance-} in
        fork | vfork | exec_threads) ;;
        *) ! grep -qE '"(processes|ptys).h"' "$top/Tests/Conformance/${name#conformance-}.c" || continue ;;
        esac
        record native run_martlet run "$program"
        record martlet run_martlet run --no-rewrite "$program"
        agree >"$name.difference" || { echo "$program:"; head -10 "$name.difference"; wrong=1; }
    done
    return $wrong
}

# The vDSO is what programs look for, tells the time as the calls do, and makes none itself.
test_calls_vdso() {
    local kind counts
    for kind in musl glibc pie musl-pie; do
        same "$built/$kind/vdso" || { echo "($kind)"; return 1; }
        record counted run_martlet run -v "$built/$kind/vdso"
        read -ra counts < <(calls counted)
        # It reads the clock 100,000 times.
        [ $((${counts[0]:-1000} + ${counts[2]:-1000})) -lt 1000 ] ||
            { echo "($kind) calls: ${counts[*]}"; return 1; }
    done
}
