# SVE on machines other than the usual one, whose lines are in Tests/Conformance/arm64/sve.

# sve_on OPTIONS: what the program prints there, in martlet.out.
sve_on() {
    [ $arch = arm64 ] || skip "is about arm64's vector registers"
    [ "${MARTLET:-}" != native ] || skip "there is one machine on the native side"
    MARTLET_QEMU_OPTIONS=$1 record martlet run_martlet run "$built/musl/conformance-sve"
    expect_status martlet 0
}
test_sve_entered_at_el2() {
    sve_on "-machine virtualization=on" && diff "$top/Tests/Conformance/arm64/sve" martlet.out
}
test_sve_absent() {
    local level
    for level in off on; do
        sve_on "-cpu cortex-a57 -machine virtualization=$level" || return 1
        diff - martlet.out <<'LINES' || return 1
SVE 0, register says 0
SVE2 as its register says 1
other capabilities 0
set 64: EINVAL
get: EINVAL
instruction: SIGILL
records 0
a record in the frame: SIGSEGV
LINES
    done
}
# Of a CPU with shorter vectors.
test_sve_short() {
    sve_on "-cpu max,sve128=on,sve256=on,sve512=off" || return 1
    head -5 martlet.out | diff - <(cat <<'LINES'
SVE 1, register says 1
SVE2 as its register says 1
length 32, get 32
after a signal: low 0, high 0, P 0, FFR 0
record 1: size right 1, length 32, flags 0, registers right 1, as the other record's 1
LINES
    )
}
