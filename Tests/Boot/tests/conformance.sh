# One test per conformance program and C library: Tests/Conformance/NAME.c prints the same lines.

# Programs that differ for a reason: "NAME: REASON". One that agrees after all fails, so that its line
# is taken out.
declare -A expected_to_differ=(
)
# The same under TCG, whatever the board.
declare -A expected_to_differ_on_tcg=(
    [faults]="TCG raises no exception for an unmasked SSE division"
)
expected_difference() {
    case "${vmm:-}" in
    '' | */kvm | qemu:virt) echo "${expected_to_differ[$1]:-}" ;;
    *) echo "${expected_to_differ[$1]:-${expected_to_differ_on_tcg[$1]:-}}" ;;
    esac
}

generated_tests() {
    local source name
    for source in "$top"/Tests/Conformance/*.c; do
        name=$(basename "$source" .c)
        echo "conformance-musl-$name"
        echo "conformance-glibc-$name"
        case " $pie_conformance " in
        *" $name "*) echo "conformance-pie-$name" ;;
        esac
    done
}

# The calls that a program covers and the kernel does not implement, where it implements none of them.
unimplemented() {
    local call missing=
    for call in $(sed -nE "s,^/\* Covers: (.*)\*/$,\1,p" "$top/Tests/Conformance/$1.c"); do
        ! grep -q "^| [-0-9]* | [-0-9]* | $call |" "$top/Documentation/SystemCalls.md" || return 1
        missing="$missing $call"
    done
    [ -n "$missing" ] && echo "$missing"
}

generated_test() {
    local kind=${1#conformance-} name arguments=() code
    name=${kind#*-} kind=${kind%%-*}
    if code=$(unimplemented "$name") && [ "${MARTLET:-}" != native ]; then
        skip "not implemented yet (ENOSYS):$code"
    fi
    # These move the host's clock by a nanosecond and back, or are told when others do.
    case $name in
    timerfd | clock_settime | adjtimex)
        exec 9>"$work/clock"
        flock 9 ;;
    esac
    case $name in
    start) arguments=("two words" "" "it's" 'a "quote"' 'back\slash' 'grüße' '--env' 'tab	end') ;;
    esac
    arguments=(--env "CONFORMANCE=a b'\"c" --env CONFORMANCE_EMPTY= --env 'CONFORMANCE_SLASH=\x\\y'
        "$built/$kind/conformance-$name" ${arguments[@]+"${arguments[@]}"})
    if [ -f "$top/Tests/Conformance/$arch/$name" ]; then
        # Lines that this host can't print.
        cp "$top/Tests/Conformance/$arch/$name" native.out
        : >native.err
        local status=0 signal=$(sed -nE '$s/.*death by SIG([A-Z]*).*/\1/p' native.out)
        [ -z "$signal" ] || status=$((128 + $(kill -l $signal)))
        echo $status >native.status
        record martlet run_martlet run "${arguments[@]}"
        agree
    else
        same "${arguments[@]}"
    fi
    code=$?
    # A program that prints NO has found its own relation broken, natively too.
    ! grep -aE ': (NO|WRONG|ABSENT)$' native.out || code=1
    local difference=$(expected_difference "$name")
    if [ -n "$difference" ] && [ "${MARTLET:-}" != native ]; then
        [ $code = 0 ] || skip "$difference"
        echo "agrees now: take it out of expected_to_differ"
        return 1
    fi
    return $code
}
