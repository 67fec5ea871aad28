# Images: build once, run anywhere.

build_image() {
    record build run_martlet build "$@" -o image
    expect_status build 0
}
test_image_runs() {
    build_image "$built/musl/hello" || return 1
    record native run_native run "$built/musl/hello"
    record martlet run_martlet run ./image
    agree
}
test_image_arguments() {
    build_image "$built/glibc/hello" || return 1
    record native run_native run "$built/glibc/hello" new arguments
    record martlet run_martlet run ./image new arguments
    agree
}
test_image_of_busybox() {
    build_image /bin/busybox || return 1
    seq 100 >input
    record native run_native run /bin/busybox tac <input
    record martlet run_martlet run ./image tac <input
    agree
}
test_image_as_linux_image() {
    [ "${MARTLET:-}" != native ] || skip "there are no images on the native side"
    [ $arch = arm64 ] || skip "a Linux Image is a form of arm64 kernels"
    build_image --arch aarch64 --format image "$built/glibc/hello" || return 1
    "$martlet" inspect image >table && grep -q 'image for arm64, Linux Image' table || { cat table; return 1; }
    record native run_native run "$built/glibc/hello" new arguments
    record martlet run_martlet run ./image new arguments
    agree || return 1
    # More files: the archive is made anew, the kernel is still the image's.
    echo text >file
    record martlet run_martlet run --file file ./image
    expect_status martlet 0
}
test_image_is_reproducible() {
    build_image "$built/musl/hello" || return 1
    mv image first
    sleep 1
    build_image "$built/musl/hello" || return 1
    cmp first image
}
test_image_is_compact() {
    build_image "$built/musl/hello" || return 1
    local more=$(($(stat -c %s image) - $(stat -c %s "$built/musl/hello")))
    [ $more -le 1500000 ] || { echo "$more bytes beyond the program"; return 1; }
}
test_image_corrupted() {
    build_image "$built/musl/hello" || return 1
    local size=$(stat -c %s image) at wrong=0
    cp image good
    # Truncated anywhere.
    for at in 64 4096 $((size / 2)) $((size - 1)) $((size - 4096)); do
        head -c $at good >image
        chmod 755 image
        record martlet run_martlet run ./image
        refused 1 || { echo "(cut to $at of $size bytes)"; wrong=1; }
    done
    # A byte of the payload changed.
    for at in $((size * 3 / 4)) $((size - 5000)) $((size - 20)); do
        cp good image
        printf '\377\376\375\374' | dd of=image bs=1 seek=$at conv=notrunc 2>/dev/null
        record martlet run_martlet run ./image
        refused 1 || { echo "(bytes $at of $size changed)"; wrong=1; }
    done
    return $wrong
}
test_image_without_source() {
    cp "$built/musl/hello" program
    build_image ./program || return 1
    rm program
    record martlet run_martlet run ./image
    expect_status martlet 0
}
test_image_of_bad_program() {
    echo text >bad
    chmod 755 bad
    record martlet run_martlet build ./bad -o image
    refused 1 || return 1
    [ ! -e image ] || { echo "left an image behind"; return 1; }
    record martlet run_martlet build "$built/musl/hello" -o /absent/image
    refused 1
}
# A version in an image's note, or that of kernel and VMM behind it, is no longer the one of today. The
# versions are looked at before the checksum, which is wrong then too.
test_image_of_another_version() {
    [ "${MARTLET:-}" != native ] || skip "there are no images on the native side"
    build_image "$built/musl/hello" || return 1
    cp image good
    # The note: sizes of owner and descriptor, type 2, owner, then the two versions.
    local note wrong=0 place byte
    note=$(LC_ALL=C grep -obUaP '\x08\0\0\0\x30\0\0\0\x02\0\0\0Martlet\0' good | head -1 | cut -d: -f1)
    [ -n "$note" ] || { echo "no note found"; return 1; }
    for place in 20 24; do
        for byte in '\000' '\002' '\377'; do
            cp good image
            printf "$byte" | dd of=image bs=1 seek=$((note + place)) conv=notrunc 2>/dev/null
            cmp -s image good && continue
            record martlet run_martlet run ./image
            refused 1 'another version' || { echo "(byte $place of the note is $byte)"; wrong=1; }
        done
    done
    return $wrong
}

# Only what the host has is listed, each path once, with what adds it.
test_missing_files_are_listed() {
    mkdir -p here/folder
    echo one >"here/it's one"
    echo two >here/folder/two
    echo three >here/three
    local here=$PWD/here
    hand_over here
    record martlet run_martlet run -v --file "$here/three" /bin/busybox cat "$here/it's one" "$here/folder/two" \
        "$here/folder/two" "$here/absent" "$here/three" /dev/absent
    expect_status martlet 1 || return 1
    grep -qx three martlet.out || { cat martlet.out; return 1; }
    sed -n '/looked for files/,$p' martlet.says >list
    cat >expected <<LIST
martlet: the program looked for files that the host has and its image lacks; to add them:
martlet:   --file '$here/it'\\''s one'
martlet:   --file $here/folder/two
LIST
    diff -u expected list || return 1
    # What it says is enough.
    eval "record martlet run_martlet run -v $(sed -n 's/^martlet:   //p' list | tr '\n' ' ') \
        /bin/busybox cat \"\$here/it's one\" \$here/folder/two"
    expect_status martlet 0 && ! grep -a 'looked for' martlet.says
}
