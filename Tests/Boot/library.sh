# What the boot tests are made of. A test is a function test_NAME (dashes in names are underscores in
# functions) that returns 0, or 1 after printing what is wrong, or calls `skip REASON`. It runs in a
# subshell with a directory of its own as working directory.

# What uname(2) calls the CPU, and the file that martlet finds at /bin/busybox.
cpu_name=x86_64 busybox_of_martlet=/bin/busybox

# Limits in seconds: of a machine or native program, and of a whole test.
limit=60 test_limit=300
# From a signal that a test sends, or the limit, to SIGKILL.
kill_after=30

# Runs martlet as the mode asks for. SIGINT and SIGQUIT, which bash ignores for background jobs, are
# as in a shell's foreground.
# It is a simple command, so that $! of `"${martlet_command[@]}" … &` is the process to signal.
set_martlet_command() {
    martlet_command=(timeout --foreground -k $kill_after $limit env --default-signal=INT,QUIT)
    [ $as_user = no ] || martlet_command+=("$work/as-user" yes)
    martlet_command+=("$martlet")
}
run_martlet() { XDG_CACHE_HOME=$cache "${martlet_command[@]}" "$@"; }
run_native() {
    # The same program, built for this host.
    timeout -k 5 $limit "$native" "${@//"$built"/"$native_built"}"
}

# Lets the unprivileged user read what a test made, where there is one.
hand_over() { [ $as_user = no ] || chmod -R a+rX "$@"; }

skip() {
    echo "$*" >skipped
    exit 77
}

# The files that a run leaves: NAME.out, NAME.err, NAME.status. What martlet itself says on standard
# error (death by a signal) is told from the program's by its prefix, and kept in NAME.says.
record() {
    local name=$1
    shift
    "$@" >"$name.out" 2>"$name.all"
    echo $? >"$name.status"
    grep -a '^martlet: ' "$name.all" >"$name.says"
    grep -av '^martlet: ' "$name.all" >"$name.err"
    return 0
}

# same OPTION… PROGRAM [ARGUMENT…]: native and unikernel must agree; standard input is the file
# `input`, if there is one.
same() {
    local input=/dev/null
    [ ! -e input ] || input=input
    record native run_native run "$@" <$input
    record martlet run_martlet run "$@" <$input
    agree
}
agree() {
    local wrong=0
    compare out "standard output" || wrong=1
    compare err "standard error" || wrong=1
    if ! cmp -s native.status martlet.status; then
        echo "exit status: native $(cat native.status), martlet $(cat martlet.status)"
        wrong=1
    fi
    if [ $wrong != 0 ] && [ -s martlet.says ]; then head -5 martlet.says; fi
    return $wrong
}
compare() {
    cmp -s native.$1 martlet.$1 && return
    echo "$2 differs (- native, + martlet):"
    diff -a --unified=1 native.$1 martlet.$1 | tail -n +3 | head -40 | cut -c1-300
    return 1
}

# expect_status NAME STATUS
expect_status() {
    [ "$(cat "$1.status")" = "$2" ] && return
    echo "exit status $(cat "$1.status"), not $2"
    head -c 1000 "$1.all"
    return 1
}
# refused STATUS [PATTERN]: the run said one line on standard error, nothing on standard output.
refused() {
    local wrong=0
    expect_status martlet "$1" || wrong=1
    [ ! -s martlet.out ] || { echo "standard output is not empty:"; head -3 martlet.out; wrong=1; }
    if [ "$(wc -l <martlet.all)" != 1 ]; then
        echo "not one line on standard error, but $(wc -l <martlet.all):"
        head -5 martlet.all
        wrong=1
    fi
    # The address that a hostile guest named is no trace of ours.
    if grep -av 'the kernel broke the rules' martlet.all |
        grep -qaE 'Fatal error|Swift/|Trace|rror: ArgumentParser|0x[0-9a-f]{12}'; then
        echo "a trace on standard error:"
        head -5 martlet.all
        wrong=1
    fi
    if [ $# -gt 1 ] && ! grep -qaE "$2" martlet.all; then
        echo "the line does not match $2:"
        cat martlet.all
        wrong=1
    fi
    return $wrong
}
# ends_by NUMBER NAME: a run that a signal ended; one line names it.
ends_by() {
    expect_status martlet $((128 + $1)) || return 1
    grep -qaw "$2" martlet.says && return
    echo "no line 'martlet: …' names $2:"
    head -5 martlet.all
    return 1
}

all_tests() {
    declare -F | awk '$3 ~ /^test_/ { sub(/^test_/, "", $3); gsub(/_/, "-", $3); print $3 }'
    generated_tests
}

# Runs one test in its directory and writes result (ok, failed, skipped) and log.
run_one() {
    local name=$1 code
    mkdir -p "$work/results/$name/at"
    cd "$work/results/$name/at" || return
    [ $as_user = no ] || chmod 777 .
    local reason=$unusable
    [ -n "$reason" ] || [ $arch = x86_64 ] || reason=$(reason_not_on_arm64 "$name")
    [ -n "$reason" ] || [ $arch = arm64 ] || reason=$(reason_only_on_arm64 "$name")
    if [ -n "$reason" ]; then
        echo "$reason" >skipped
        code=77
    else
        (
            exec >../log 2>&1 </dev/null
            function=test_${name//-/_}
            if declare -F "$function" >/dev/null; then "$function"; else generated_test "$name"; fi
        ) &
        local test=$! waited=0 own=limit_of_${name//-/_}
        (sleep ${!own:-$test_limit} && echo "the test took more than ${!own:-$test_limit} s" >>../log && kill -TERM $test) 2>/dev/null &
        local guard=$!
        wait $test
        code=$?
        pkill -P $guard 2>/dev/null
        kill $guard 2>/dev/null
    fi
    case $code in
    0) echo "ok $name" ;;
    77) echo "skip $name: $(cat skipped 2>/dev/null || echo no reason given)" ;;
    *) echo "not ok $name"; sed 's/^/    /' ../log | head -60 ;;
    esac >../result.new
    # Whole: another test's end may look for results at any time.
    mv ../result.new ../result
    cd "$work" && rm -rf "results/$name/at"
}

# Two at a time, as there are two CPUs on the machines that test this.
run_all() {
    local name running=0 passed=0 failed=0 skipped=0
    mkdir -p "$work/results"
    report() {
        local file
        for file in "$work"/results/*/result; do
            [ -f "$file" ] || continue
            cat "$file"
            case $(head -c 4 "$file") in
            "ok "*) passed=$((passed + 1)) ;;
            skip) skipped=$((skipped + 1)) ;;
            *) failed=$((failed + 1)) ;;
            esac
            rm -f "$file"
        done
    }
    for name in $1; do
        if [ $running -ge ${JOBS:-2} ]; then
            wait -n
            running=$((running - 1))
            report
        fi
        run_one "$name" 2>/dev/null &
        running=$((running + 1))
    done
    wait
    report
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
}
