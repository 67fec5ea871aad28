# Whole root file systems: a walk of one natively and inside, and what is changed in it.

# Makes the folder `root` with Debian's python3, and `root.erofs` of it.
make_root_image() {
    needs_this_architecture
    [ "$as_user" = no ] || skip "makes files of other owners"
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    [ -e /usr/bin/python3.11 ] || skip "no python3.11"
    mkdir -p root/usr/bin root/usr/lib root/lib64 root/lib/x86_64-linux-gnu root/tree/sub/deep
    cp /usr/bin/python3.11 root/usr/bin/
    cp -a /usr/lib/python3.11 root/usr/lib/
    rm -rf root/usr/lib/python3.11/test
    cp -L $(ldd /usr/bin/python3.11 | grep -o '/lib/[^ ]*') root/lib/x86_64-linux-gnu/
    cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
    (
        cd root/tree
        for size in 0 1 4095 4096 4097 70000; do
            head -c $size /dev/urandom >size-$size
        done
        ln size-1 hard
        ln size-1 sub/hard
        ln -s ../size-1 sub/link
        ln -s /nowhere/at/all dangling
        mkfifo -m 640 pipe
        mknod -m 600 device c 200 70
        chmod 4751 size-4095
        chown 70000:1234 size-4096
        chmod 1777 sub
        for name in $(seq 500); do echo $name >sub/deep/$name; done
        python3 -c 'import os
os.setxattr("size-0", "user.one", b"1\0 2")
os.setxattr("sub", "user.same", b"x" * 300)
os.setxattr("size-1", "user.same", b"x" * 300)'
        touch -d '2001-02-03 04:05:06.789' size-4097
        touch -h -d '1999-01-01' sub/link
    )
    cat >walk.py <<'PYTHON'
import hashlib, os, stat, sys
os.chdir(sys.argv[1])
def show(path):
    s = os.lstat(path)
    more = ""
    if stat.S_ISREG(s.st_mode):
        more = "%d %s" % (s.st_size, hashlib.sha256(open(path, "rb").read()).hexdigest())
    elif stat.S_ISLNK(s.st_mode):
        more = "%d %s" % (s.st_size, os.readlink(path))
    names = [] if stat.S_ISLNK(s.st_mode) else sorted(os.listxattr(path))
    print(path, oct(s.st_mode), s.st_uid, s.st_gid, s.st_nlink, s.st_mtime_ns, s.st_rdev, more,
          [(name, os.getxattr(path, name)) for name in names])
def walk():
    for folder, folders, files in os.walk("."):
        folders.sort()
        show(folder)
        for name in sorted(files + [f for f in folders if os.path.islink(folder + "/" + f)]):
            show(folder + "/" + name)
def attempt(what, *words):
    try:
        print(what.__name__, words, what(*words))
    except OSError as error:
        print(what.__name__, words, error.errno)
def names():
    for folder, folders, files in os.walk("."):
        folders.sort()
        print(folder, folders, sorted(files), os.lstat(folder).st_nlink)
walk()
if len(sys.argv) > 2:
    old = open("size-70000", "rb")
    with open("size-70000", "r+b") as file:
        file.seek(5000)
        file.write(b"changed")
    old.seek(4990)
    print(hashlib.sha256(old.read()).hexdigest())
    with open("size-4095", "ab") as file:
        file.write(b"longer" * 1000)
    attempt(os.truncate, "size-4097", 4000)
    attempt(os.truncate, "size-4097", 9000)
    attempt(os.rmdir, "sub")
    attempt(os.unlink, "hard")
    attempt(os.unlink, "hard")
    attempt(os.chmod, "sub/hard", 0o604)
    attempt(os.chown, "size-1", 5, 6)
    attempt(os.link, "size-0", "sub/new")
    attempt(os.rename, "sub/deep", "moved")
    attempt(os.unlink, "moved/77")
    attempt(os.mkdir, "moved/77")
    attempt(os.rename, "moved/78", "moved/79")
    attempt(os.rename, "size-0", "moved")
    attempt(os.mkdir, "sub/deep")
    attempt(os.removexattr, "sub", "user.same")
    attempt(os.setxattr, "size-1", "user.more", b"m")
    attempt(os.symlink, "size-1", "dangling")
    attempt(os.unlink, "dangling")
    attempt(os.symlink, "size-1", "dangling")
    names()
    for path in ["size-0", "size-1", "size-4095", "size-4097", "size-70000", "sub/hard"]:
        s = os.lstat(path)
        print(path, s.st_size, oct(s.st_mode), s.st_uid, s.st_nlink, sorted(os.listxattr(path)),
              hashlib.sha256(open(path, "rb").read()).hexdigest())
PYTHON
    mkfs.erofs --quiet root.erofs root >/dev/null || return 1
}
in_root_image() {
    run_martlet run --memory 256M --rootfs root.erofs --file walk.py:/walk.py \
        /usr/bin/python3.11 /walk.py "$@"
}

test_root_image_walk() {
    make_root_image || return 1
    record native python3 walk.py root/tree && record martlet in_root_image /tree && agree || return 1
    [ "$(wc -l <martlet.out)" -gt 500 ] || return 1
    record native python3 walk.py root/usr/lib && record martlet in_root_image /usr/lib && agree
}
# The same changes natively and inside; the image stays as it was.
test_root_image_changes() {
    make_root_image || return 1
    local before after
    before=$(sha256sum <root.erofs)
    record martlet in_root_image /tree change
    after=$(sha256sum <root.erofs)
    [ "$before" = "$after" ] || { echo "the image was changed"; return 1; }
    record native python3 walk.py root/tree change
    agree
}
# In one file with the kernel, it is the same, and files may still be added.
test_root_image_built() {
    make_root_image || return 1
    record martlet "$martlet" build --rootfs root.erofs --file walk.py:/walk.py -o one.image \
        /usr/bin/python3.11 -- /walk.py /tree
    expect_status martlet 0 || { cat martlet.all; return 1; }
    record native python3 walk.py root/tree && record martlet run_martlet run --memory 256M one.image && agree || return 1
    echo "print('another')" >another.py
    hand_over another.py
    record martlet run_martlet run --memory 256M --file another.py one.image /another.py
    [ "$(cat martlet.out)" = another ] || { cat martlet.all; return 1; }
    record martlet "$martlet" inspect one.image
    grep -q "^  root file system  *[0-9]*  *$(stat -c %s root.erofs)" martlet.out &&
        grep -q "/usr/bin/python3.11" martlet.out || { cat martlet.out; return 1; }
    [ -z "$vmm" ] || return 0
    printf x | dd of=one.image bs=1 seek=$(($(stat -c %s one.image) - 5000000)) conv=notrunc 2>dd.log
    record martlet run_martlet run one.image
    refused 1 'is a damaged image'
}
test_root_image_refusals() {
    tool_only
    needs_this_architecture
    mkdir folder
    record martlet run_martlet run --rootfs /dev/null /bin/sh
    refused 1 'is neither a folder, an archive nor an EROFS image' || return 1
    echo text >text
    record martlet run_martlet run --rootfs text /bin/sh
    refused 1 'is neither an EROFS image nor an archive of tar' || return 1
    command -v mkfs.erofs >/dev/null || return 0
    head -c 100000 /dev/zero >folder/zeroes
    mkfs.erofs --quiet -zlz4hc packed folder >/dev/null || return 1
    record martlet run_martlet run --rootfs packed /bin/sh
    refused 1 'is a compressed EROFS image'
}
# A folder becomes an image that is kept until something in the folder changes.
test_root_folder() {
    make_root_image || return 1
    local first second
    cache=$PWD/cache
    mkdir cache
    in_root_folder() {
        run_martlet run --memory 256M --rootfs root --file walk.py:/walk.py python3.11 /walk.py "$@"
    }
    record native python3 walk.py root/tree && record martlet in_root_folder /tree && agree || return 1
    first=$(stat -c %i cache/martlet/root-*.erofs)
    record martlet in_root_folder /tree && agree || return 1
    second=$(stat -c %i cache/martlet/root-*.erofs)
    [ "$first" = "$second" ] || { echo "made again"; return 1; }
    chmod 600 root/tree/size-1
    # What a start that was killed left.
    head -c 100000 /dev/urandom >"$(ls cache/martlet/root-*.erofs | sed 's/erofs$/new/')"
    record native python3 walk.py root/tree && record martlet in_root_folder /tree && agree || return 1
    [ "$(ls cache/martlet | wc -l)" = 3 ] || { ls cache/martlet; return 1; }
}
test_root_folder_refusals() {
    tool_only
    needs_this_architecture
    cache=$PWD/cache
    mkdir -p folder/bin cache
    chmod 777 cache
    record martlet run_martlet run --rootfs / sh
    refused 1 "/ is this host's own root" || return 1
    mkdir other
    record martlet env PATH=/nowhere XDG_CACHE_HOME="$PWD/other" "$martlet" run --rootfs folder sh
    refused 1 'install the package erofs-utils' || return 1
    cache=/proc record martlet run_martlet run --rootfs folder sh
    refused 1 'cannot be written .set XDG_CACHE_HOME.' || return 1
    record martlet env -u HOME -u XDG_CACHE_HOME "$martlet" run --rootfs folder sh
    refused 1 'set HOME or XDG_CACHE_HOME' || return 1
    command -v mkfs.erofs >/dev/null || return 0
    echo text >folder/bin/text
    printf '#!/bin/absent\n' >folder/bin/script
    printf '#!/bin/circle\n' >folder/bin/circle
    printf 'text' >folder/bin/neither
    printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0' >folder/bin/other
    chmod 755 folder/bin/script folder/bin/circle folder/bin/neither folder/bin/other
    local name words
    while IFS='|' read -r name words <&3; do
        record martlet run_martlet run --rootfs folder "$name" </dev/null
        refused 1 "$words" || { echo "($name)"; return 1; }
    done 3<<'WORDS'
absent|is in no folder of PATH in the root file system
/bin/absent|is not in the root file system
/bin/text|is no file in the root file system that can be executed
/bin|is no file in the root file system that can be executed
text|is in no folder of PATH in the root file system
script|/bin/absent: is not in the root file system
circle|more than Linux allows
neither|is neither an ELF program nor a script
other|is for a CPU that Martlet has no kernel for
WORDS
}
test_root_folder_scripts() {
    needs_this_architecture
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    cache=$PWD/cache
    mkdir -p folder/usr/bin folder/opt cache
    cp /bin/busybox folder/usr/bin/
    ln -s usr/bin folder/bin
    ln -s ../usr/bin/busybox folder/opt/echo
    printf '#!/opt/echo one two\n' >folder/usr/bin/script
    printf '#!/usr/bin/env echo\n' >folder/usr/bin/by-env
    chmod 755 folder/usr/bin/*
    hand_over folder
    chmod 777 cache
    record martlet run_martlet run --rootfs folder script 'a b'
    echo 'one two /usr/bin/script a b' | cmp - martlet.out || return 1
    record martlet run_martlet run --rootfs folder --env PATH=/opt:/bin by-env
    echo /bin/by-env | cmp - martlet.out
}

# What is damaged in an image is EUCLEAN to who reads it, and nothing to anybody else.
test_root_image_damaged() {
    needs_this_architecture
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    mkdir -p folder/bin folder/victim
    cp /bin/busybox folder/bin/
    echo well >folder/good
    local name
    # Beyond the first page, which has a checksum.
    for name in $(seq 100 399); do : >folder/victim/victim-name-$name; done
    mkfs.erofs --quiet damaged.erofs folder >/dev/null || return 1
    LC_ALL=C sed -i 's|victim-name-250|victim/name-250|' damaged.erofs
    hand_over damaged.erofs
    cat >script <<'SCRIPT'
{ :; } </victim/victim-name-250
read line </good
echo $line
SCRIPT
    record martlet run_martlet run --rootfs damaged.erofs --file script:/script /bin/busybox sh /script
    expect_status martlet 0 || return 1
    echo well | cmp - martlet.out || return 1
    grep -q 'victim-name-250.*: Structure needs cleaning' martlet.err || { cat martlet.err; return 1; }
}

# An archive of tar, plain and compressed, has all that the folder has; it is unpacked once.
test_root_archive() {
    make_root_image || return 1
    cache=$PWD/cache
    mkdir cache
    record native python3 walk.py root/tree || return 1
    tar -C root --xattrs --xattrs-include='*' --format=pax -cf root.tar . || return 1
    in_archive() {
        run_martlet run --memory 256M --rootfs "$1" --file walk.py:/walk.py python3.11 /walk.py /tree
    }
    record martlet in_archive root.tar && agree || return 1
    local image
    image=$(stat -c %i cache/martlet/root.tar-*.erofs)
    record martlet in_archive root.tar && agree || return 1
    [ "$image" = "$(stat -c %i cache/martlet/root.tar-*.erofs)" ] || { echo "made again"; return 1; }
    touch -d 2001-01-01 root.tar
    record martlet in_archive root.tar && agree || return 1
    [ "$image" != "$(stat -c %i cache/martlet/root.tar-*.erofs)" ] || { echo "not made again"; return 1; }
    local program
    for program in gzip xz; do
        $program -1 -k root.tar
    done
    record martlet in_archive root.tar.gz && agree || return 1
    record martlet in_archive root.tar.xz && agree || return 1
    [ -z "$(find cache -name '*.d')" ] || { find cache; return 1; }
}
# Owners and devices without the right to make them.
test_root_archive_of_others() {
    needs_this_architecture
    command -v mkfs.erofs >/dev/null && command -v fakeroot >/dev/null || skip "no mkfs.erofs or no fakeroot"
    [ "$(id -u)" = 0 ] || skip "makes files of other owners"
    cache=$PWD/cache
    mkdir -p folder/bin folder/etc cache
    chmod 1777 cache
    cp /bin/busybox folder/bin/
    echo secret >folder/etc/shadow
    chmod 640 folder/etc/shadow
    chown 0:42 folder/etc/shadow
    mkdir -m 555 folder/closed
    mkdir -m 000 folder/shut
    echo x >folder/shut/x
    chown -R 1234:5678 folder/shut
    mknod -m 660 folder/device c 200 70
    tar -C folder -czf archive.tgz .
    chmod 644 archive.tgz
    (cd folder && /bin/busybox stat -c '%n %a %u %g %F %t %T' etc/shadow closed shut shut/x device) >expected
    record martlet "$work/as-user" yes /usr/bin/env XDG_CACHE_HOME="$cache" "$martlet" run --rootfs archive.tgz --workdir / \
        /bin/busybox stat -c '%n %a %u %g %F %t %T' etc/shadow closed shut shut/x device
    expect_status martlet 0 && diff -u expected martlet.out || { cat martlet.all; return 1; }
    [ -z "$(find cache -name '*.d')" ] || { find cache; return 1; }
}
test_root_archive_refusals() {
    tool_only
    needs_this_architecture
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    cache=$PWD/cache
    mkdir -p folder cache
    chmod 777 cache
    head -c 300000 /dev/urandom >folder/file
    tar -czf whole.tgz folder
    head -c 200000 whole.tgz >cut.tgz
    record martlet run_martlet run --rootfs cut.tgz /bin/sh
    refused 1 'cut.tgz: cannot be made an image: .*[Uu]nexpected' || return 1
    printf '\037\213 no such thing' >other.gz
    record martlet run_martlet run --rootfs other.gz /bin/sh
    refused 1 'other.gz: cannot be made an image' || return 1
    # What leads out of the folder stays in it.
    mkdir -p out/sub
    (cd out/sub && ln -s /tmp/escaped-$$ link && echo x >file && tar -cf ../../evil.tar --transform 's,^file,link/file,' link file)
    record martlet run_martlet run --rootfs evil.tar /bin/sh
    [ ! -e /tmp/escaped-$$ ] || { echo "the archive wrote outside"; rm -r /tmp/escaped-$$; return 1; }
    [ -z "$(find cache -name '*.d' -o -name '*.new')" ] || { find cache; return 1; }
}

# A full disk is the error, and is not left full.
test_root_folder_full_disk() {
    tool_only
    needs_this_architecture
    [ "$(id -u)" = 0 ] || skip "mounts a small file system"
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    mkdir folder small
    head -c 3000000 /dev/urandom >folder/large
    mount -t tmpfs -o size=1m none small || skip "no mounts"
    record martlet env XDG_CACHE_HOME="$PWD/small" "$martlet" run --rootfs folder /large
    find small -type f -name '*.new*' >left
    umount small
    [ ! -s left ] || { echo "left $(cat left)"; return 1; }
    refused 1 'No space left on device'
}
