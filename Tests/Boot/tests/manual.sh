# Help, man pages and completions name the same commands and options; inspect and doctor.

commands_of_help() { "$martlet" --help | sed -n '/^SUBCOMMANDS:/,$s/^  \([a-z]*\) .*/\1/p' | sort; }
# The options in a help text's list, without what the text around it mentions.
options_of_help() { "$martlet" help $1 | sed -n '/^OPTIONS:/,$s/^  \(-[^ ,]*\)\(, \(--[^ ]*\)\)\{0,1\}.*/\1\n\3/p' | grep . | sort; }
options_of_page() {
    sed -n 's/^\.It \(Fl .*\)/\1/p' "$top/Documentation/man/$1" | grep -oE 'Fl -?[a-z-]+' | sed 's/^Fl /-/' | sort
}
tool_only() { [ "${MARTLET:-}" != native ] || skip "there is no tool on the native side"; }

test_manual_is_in_step() {
    local command page wrong=0
    tool_only
    for command in $(commands_of_help); do
        page=martlet-$command.1
        [ -f "$top/Documentation/man/$page" ] || { echo "no $page"; wrong=1; continue; }
        grep -q "^\.It Cm $command" "$top/Documentation/man/martlet.1" || { echo "martlet.1 lacks $command"; wrong=1; }
        diff <(options_of_help $command) <(options_of_page $page) ||
            { echo "$page (>) is not in step with martlet help $command (<)"; wrong=1; }
    done
    [ "$(commands_of_help | wc -l)" -ge 6 ] || { echo "few commands: $(commands_of_help)"; wrong=1; }
    for page in "$top"/Documentation/man/martlet-*.1; do
        commands_of_help | grep -qx "$(basename "$page" .1 | sed 's/martlet-//')" || { echo "$page is of no command"; wrong=1; }
    done
    return $wrong
}
test_manual_is_well_formed() {
    local page
    tool_only
    command -v mandoc >/dev/null || skip "mandoc is not installed"
    mandoc -T lint -W warning "$top"/Documentation/man/*.1
}
test_completion_is_in_step() {
    local shell command option wrong=0
    tool_only
    for shell in bash zsh fish; do
        "$martlet" completion $shell >script || return 1
        for command in $(commands_of_help); do
            grep -q "$command" script || { echo "$shell: no $command"; wrong=1; }
            for option in $(options_of_help $command | grep '^--'); do
                grep -qE -- "(--|'|/)${option#--}" script || { echo "$shell: $command has no $option"; wrong=1; }
            done
        done
        ! command -v $shell >/dev/null || $shell -n script || wrong=1
    done
    # What bash offers in earnest.
    "$martlet" completion bash >script
    [ "$(PATH=$work/bin:$PATH bash -c '. ./script; COMP_WORDS=(martlet ins); COMP_CWORD=1; COMP_LINE="martlet ins"
        COMP_POINT=11; _martlet martlet ins martlet; echo "${COMPREPLY[*]}"')" = "inspect" ] || { echo "bash completes nothing"; wrong=1; }
    return $wrong
}

# member FILE EXPRESSION: what a JSON file has, by an expression of Python over `d`.
member() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }
test_inspect() {
    local wrong=0 sum entry='martlet  *0x400000000000'
    tool_only
    [ $arch = x86_64 ] || entry='Linux Image  *0x402[0-9a-f]{5}'
    echo text >file
    run_martlet build --env A=b --file file:/etc/file --workdir /srv "$built/pie/hello" -o hello.image -- one two &&
        "$martlet" inspect hello.image >table && "$martlet" inspect --format json hello.image >json || return 1
    for line in "$entry" "image for ${arch//_/-}, ELF" '-rw-.* 5  /etc/file' 'arguments .*hello one two' 'environment .*A=b' \
        'directory  */srv' 'position-independent' 'Checksum .*right' 'at random places: program'; do
        grep -qE -- "$line" table || { echo "no $line"; wrong=1; }
    done
    # By the ELF file itself.
    sum=$(($(readelf -lW hello.image | awk '$1 == "LOAD" { printf "%s%s", plus, $6; plus = "+" }')))
    grep -qE "^  kernel  .* $sum$" table || { echo "not $sum bytes of kernel"; wrong=1; }
    grep -qE '^  Files  ' table && grep -qE '^  SystemCalls  ' table || { echo "no modules"; wrong=1; }
    if command -v python3 >/dev/null; then
        [ "$(member json 'd["kind"], d["program"]["arguments"][1:], [f["path"] for f in d["files"] if f["bytes"] == 5], d["bytes"]')" = \
            "('image', ['one', 'two'], ['/etc/file'], $(stat -c %s hello.image))" ] || { member json d; wrong=1; }
        # Modules and what has no name are the whole kernel.
        [ "$(member json 'sum(m["codeBytes"] + m["dataBytes"] for m in d["modules"]) + d["unnamedBytes"] == sum(s["memoryBytes"] for s in d["sections"])')" = True ] ||
            { echo "sizes do not add up"; wrong=1; }
    fi
    [ $wrong = 0 ] || cat table
    "$martlet" inspect "$work"/bin/martlet-kernel-$arch | grep -q 'kernel code' || wrong=1
    record martlet "$martlet" inspect "$built/musl/hello"
    refused 1 'is a program' || wrong=1
    printf 'x' | dd of=hello.image bs=1 seek=300000 conv=notrunc status=none
    record martlet "$martlet" inspect hello.image
    refused 1 'damaged' || wrong=1
    return $wrong
}
test_doctor() {
    local wrong=0
    tool_only
    "$martlet" doctor >table && "$martlet" doctor --format json >json || { cat table; return 1; }
    for line in '/dev/kvm  *good' 'ring 0 .*instruction' 'QEMU' 'QEMU for arm64' 'martlet-vmm  *good' 'Machines run on KVM'; do
        grep -qE "$line" table || { echo "no $line"; wrong=1; }
    done
    ! command -v python3 >/dev/null || [ "$(member json 'd["canRun"], d["runsOn"]')" = "(True, 'kvm')" ] || wrong=1
    [ $wrong = 0 ] || cat table
    return $wrong
}
test_doctor_finds_what_is_missing() {
    tool_only
    [ -z "$vmm" ] || skip "looks at what is beside martlet, which is a script then"
    [ "$(id -u)" = 0 ] || skip "needs root to become a user without /dev/kvm"
    mkdir -p beside
    cp "$work/bin/martlet" beside/
    record martlet env PATH=/nonexistent "$work/as-user" no "$PWD/beside/martlet" doctor
    expect_status martlet 71 || return 1
    for line in '/dev/kvm  *missing' 'usermod -aG kvm' 'apt-get install qemu-system-x86' 'apt-get install erofs-utils' 'martlet-vmm  *missing' 'No machine can run'; do
        grep -qE -- "$line" martlet.out || { echo "no $line"; cat martlet.all; return 1; }
    done
}
