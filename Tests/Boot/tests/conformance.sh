# One test per conformance program and C library: Tests/Conformance/NAME.c prints the same lines.

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

generated_test() {
    local kind=${1#conformance-} name arguments=()
    name=${kind#*-} kind=${kind%%-*}
    case $name in
    start) arguments=("two words" "" "it's" 'a "quote"' 'back\slash' 'grüße' '--env' 'tab	end') ;;
    esac
    same --env "CONFORMANCE=a b'\"c" --env CONFORMANCE_EMPTY= --env 'CONFORMANCE_SLASH=\x\\y' \
        "$built/$kind/conformance-$name" "${arguments[@]}" || return 1
    # A program that prints NO has found its own relation broken, natively too.
    ! grep -aE ': (NO|WRONG|ABSENT)$' native.out
}
