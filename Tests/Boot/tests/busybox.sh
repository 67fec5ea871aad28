# Debian's busybox: the applets that need no other process, on real input, against their native runs.

# A tree with what tools meet: text, binary, empty and large files, folders, links, modes, times.
make_tree() {
    mkdir -p tree/text/deep/er tree/empty tree/binary
    seq 1 3000 | awk '{ print "line " $1 " of the text, " $1 * $1 % 97 }' >tree/text/numbers
    printf 'apple\nBanana\ncherry\napple\n\nBanana split\ntab\there\nlast without end' >tree/text/words
    printf 'the quick brown fox\njumps over the lazy dog\n' >tree/text/deep/fox
    printf 'key=value\nname = "two words"\n# comment\n' >tree/text/deep/er/settings
    : >tree/empty/nothing
    head -c 200000 "$built/musl/hello" >tree/binary/program
    awk 'BEGIN { for (i = 0; i < 256; i++) printf "%c", i }' >tree/binary/bytes
    ln -s words tree/text/link
    ln -s ../absent tree/text/broken
    chmod 600 tree/text/numbers
    chmod 4711 tree/binary/program
    chmod 1777 tree/empty
    find tree -exec touch -h -d '2021-03-04 05:06:07 UTC' {} +
    touch -d '2019-01-01 UTC' tree/text/words
    hand_over tree
}
# bb APPLET [ARGUMENT…]: both sides agree on it.
bb() { same --file tree:/tree /bin/busybox "$@" || { echo "(busybox $*)"; return 1; }; }
# bb_unordered: the same where a folder's order shows, which is every file system's own.
bb_unordered() {
    record native run_native run --file tree:/tree /bin/busybox "$@"
    record martlet run_martlet run --file tree:/tree /bin/busybox "$@"
    local file
    for file in native.out native.err martlet.out martlet.err; do
        tr "\0" "\n" <$file | LC_ALL=C sort -o $file
    done
    agree || { echo "(busybox $*)"; return 1; }
}
# bb_plain: the same without the tree.
bb_plain() { same /bin/busybox "$@" || { echo "(busybox $*)"; return 1; }; }
# succeeds PATTERN APPLET…: for what differs from machine to machine, the shape of the output.
succeeds() {
    local pattern=$1
    shift
    record martlet run_martlet run --file tree:/tree /bin/busybox "$@"
    expect_status martlet 0 || { echo "(busybox $*)"; return 1; }
    grep -qaE "$pattern" martlet.out && return
    echo "busybox $*: no line matches $pattern:"
    head -5 martlet.out
    return 1
}

test_busybox_calculators() {
    local wrong=0
    printf '3 4 * p\n2 10 ^ p\n_7 2 / p\n[hello] p\n16 o 255 p\n' >input
    bb_plain dc || wrong=1
    printf 'scale=30\n4*a(1)\nsqrt(2)\ndefine f(n) { if (n < 2) return (1); return (n * f(n - 1)); }\nf(50)\n2^200 %% 1000007\n' >input
    bb_plain bc -l || wrong=1
    rm input
    bb_plain expr 6 '*' '(' 2 + 5 ')' || wrong=1
    bb_plain expr length abcdef || wrong=1
    bb_plain expr abc : 'a\(.\)c' || wrong=1
    bb_plain expr 1 / 0 || wrong=1
    bb_plain factor 1 97 1000000007 18446744073709551615 || wrong=1
    bb_plain seq -w 1 3 20 || wrong=1
    bb_plain seq 0.5 0.25 2 || wrong=1
    bb_plain cal 2 2024 || wrong=1
    bb_plain ipcalc -bnm 10.1.2.3/20 || wrong=1
    return $wrong
}
test_busybox_checksums() {
    make_tree
    local wrong=0 applet
    for applet in md5sum sha1sum sha256sum sha3sum sha512sum crc32; do
        bb $applet /tree/text/numbers /tree/binary/program /tree/empty/nothing /tree/absent || wrong=1
    done
    (cd tree && sha512sum text/words text/deep/fox >sums)
    hand_over tree
    same --file tree:/tree --workdir /tree /bin/busybox sha512sum -c sums || wrong=1
    return $wrong
}
test_busybox_compression() {
    make_tree
    local wrong=0
    gzip -nc tree/text/numbers >tree/n.gz
    bzip2 -c tree/text/numbers >tree/n.bz2
    xz -c tree/text/numbers >tree/n.xz
    xz --format=lzma -c tree/text/numbers >tree/n.lzma
    printf 'not compressed at all' >tree/bad.gz
    head -c 3000 tree/n.gz >tree/cut.gz
    hand_over tree
    bb gzip -c /tree/text/numbers || wrong=1
    bb bzip2 -c /tree/text/numbers || wrong=1
    local call
    for call in 'gunzip -c /tree/n.gz' 'bunzip2 -c /tree/n.bz2' 'bzcat /tree/n.bz2' \
        'xz -dc /tree/n.xz' 'xzcat /tree/n.xz' 'unxz -c /tree/n.xz' 'lzcat /tree/n.lzma' \
        'gunzip -t /tree/n.gz' 'gunzip -c /tree/bad.gz' 'gunzip /tree/n.gz' \
        'gzip -v /tree/text/numbers' 'bunzip2 /tree/n.bz2' 'xz -d /tree/n.xz'; do
        bb $call || wrong=1
    done
    cp tree/n.gz input
    bb gunzip || wrong=1
    return $wrong
}
test_busybox_archives() {
    make_tree
    local wrong=0
    tar -C tree -cf tree/all.tar text binary empty
    (cd tree && find text binary | LC_ALL=C sort | cpio -o -H newc 2>/dev/null >all.cpio)
    (cd tree && TZ=UTC zip -q -X all.zip text/numbers text/words binary/program)
    hand_over tree
    bb tar -tvf /tree/all.tar || wrong=1
    bb tar -xvf /tree/all.tar -C /tmp || wrong=1
    bb tar -xOf /tree/all.tar text/words || wrong=1
    bb tar -xf /tree/all.tar -C /tmp text/absent || wrong=1
    bb tar -cf - -C /tree text/words text/link binary/bytes empty || wrong=1
    cp tree/all.tar input
    bb tar -x -v -C /tmp || wrong=1
    rm input
    cp tree/all.cpio input
    bb cpio -t || wrong=1
    same --file tree:/tree --workdir /tmp /bin/busybox cpio -i -d -v -m || wrong=1
    same --file tree:/tree --workdir /tmp /bin/busybox cpio -p -d -v /tmp/copy || wrong=1
    printf 'text/words\ntext/numbers\nbinary/bytes\n' >input
    same --file tree:/tree --workdir /tree /bin/busybox cpio -o -H newc --renumber-inodes --ignore-devno || wrong=1
    rm input
    bb unzip -l /tree/all.zip || wrong=1
    bb unzip -p /tree/all.zip text/words || wrong=1
    bb unzip /tree/all.zip -d /tmp || wrong=1
    bb unzip -t /tree/all.zip || wrong=1
    return $wrong
}
test_busybox_find() {
    make_tree
    local wrong=0
    bb_unordered find /tree -type f -name 'w*' || wrong=1
    bb_unordered find /tree -type l || wrong=1
    bb_unordered find -L /tree/text -type f || wrong=1
    bb_unordered find /tree -size +3k -print0 || wrong=1
    bb_unordered find /tree -perm -4000 || wrong=1
    bb_unordered find /tree -newer /tree/text/words -maxdepth 2 || wrong=1
    bb_unordered find /tree -mtime +100 -links +1 || wrong=1
    bb_unordered find /tree -depth -name 'e*' -o -empty || wrong=1
    bb_unordered find /tree -samefile /tree/text/words || wrong=1
    bb_unordered find /tree/text -delete || wrong=1
    bb_unordered find /absent || wrong=1
    return $wrong
}
test_busybox_grep() {
    make_tree
    local wrong=0
    bb_unordered grep -r apple /tree || wrong=1
    bb_unordered grep -rn 'line 1.*0$' /tree/text || wrong=1
    bb grep -ci banana /tree/text/words || wrong=1
    bb grep -E '^(the|jumps)' -A1 /tree/text/deep/fox || wrong=1
    bb grep -F -v -x apple /tree/text/words || wrong=1
    bb grep -o '[0-9]*$' /tree/text/numbers || wrong=1
    bb_unordered grep -rl value /tree || wrong=1
    bb grep nothing-like-it /tree/text/words || wrong=1
    bb egrep 'a{2}|p{2}' /tree/text/words || wrong=1
    bb fgrep -c . /tree/text/words || wrong=1
    return $wrong
}
test_busybox_dumps() {
    make_tree
    local wrong=0
    bb od -c /tree/binary/bytes || wrong=1
    bb od -A x -t x1z /tree/binary/bytes || wrong=1
    bb od -t d4 -j 16 -N 32 /tree/binary/program || wrong=1
    bb hexdump -C /tree/binary/bytes || wrong=1
    bb xxd /tree/binary/bytes || wrong=1
    bb xxd -p /tree/text/words || wrong=1
    bb strings -n 8 /tree/binary/program || wrong=1
    bb base64 /tree/binary/bytes || wrong=1
    bb uuencode -m /tree/binary/bytes name || wrong=1
    base64 tree/binary/bytes >input
    bb base64 -d || wrong=1
    /bin/busybox xxd tree/binary/bytes >input
    bb xxd -r || wrong=1
    return $wrong
}
test_busybox_comparisons() {
    make_tree
    cp -a tree tree.new
    sed -i '1500s/line/LINE/; 2000d' tree.new/text/numbers
    echo more >>tree.new/text/deep/fox
    rm tree.new/binary/bytes
    mv tree.new tree/new
    (cd tree && diff -u text/numbers new/text/numbers >change)
    hand_over tree
    local wrong=0
    bb diff /tree/text/numbers /tree/new/text/numbers || wrong=1
    bb_unordered diff -ru /tree/text /tree/new/text || wrong=1
    bb_unordered diff -rq /tree/binary /tree/new/binary || wrong=1
    bb cmp /tree/text/numbers /tree/new/text/numbers || wrong=1
    bb cmp -l /tree/text/deep/fox /tree/new/text/deep/fox || wrong=1
    bb cmp -s /tree/text/words /tree/text/deep/fox || wrong=1
    cp tree/change input
    bb patch -o - /tree/text/numbers || wrong=1
    bb patch /tree/text/numbers || wrong=1
    return $wrong
}
test_busybox_text() {
    make_tree
    local wrong=0 words=/tree/text/words numbers=/tree/text/numbers
    bb sed -n '10,20p;s/text/TEXT/gp' $numbers || wrong=1
    bb sed -e '/apple/{h;d}' -e '$G' $words || wrong=1
    bb sed -i.old 's/a/b/' $words || wrong=1
    bb awk -F'[ ,]+' '{ n[$6 % 10]++ } END { for (i = 0; i < 10; i++) print i, n[i] }' $numbers || wrong=1
    bb awk 'BEGIN { printf "%.10f %s %d\n", exp(1), toupper("x"), 0x10; "absent" > "/tmp/f"; print length("äö") }' || wrong=1
    bb awk 'FNR == NR { a[$0]; next } $0 in a' $words $words || wrong=1
    bb sort $words $numbers || wrong=1
    bb sort -t, -k2,2n -k1,1r -u $numbers || wrong=1
    bb sort -o /tmp/sorted $numbers || wrong=1
    bb uniq -c $words || wrong=1
    bb wc $words $numbers /tree/binary/program || wrong=1
    bb cut -d' ' -f2,4- $numbers || wrong=1
    bb cut -c3-7 $words || wrong=1
    bb paste -d: $words /tree/text/deep/fox || wrong=1
    bb head -n 3 $words $numbers || wrong=1
    bb head -c 10 $words || wrong=1
    bb tail -n 5 $numbers || wrong=1
    bb tail -c +5000 $numbers || wrong=1
    bb tac $words || wrong=1
    bb rev $words || wrong=1
    bb nl $words || wrong=1
    bb fold -w 10 -s /tree/text/deep/fox || wrong=1
    bb expand $words || wrong=1
    bb unexpand -a $words || wrong=1
    bb cat -A $words || wrong=1
    bb unix2dos /tree/text/deep/fox || wrong=1
    bb less $words || wrong=1
    bb more $words || wrong=1
    cp tree/text/words input
    bb tr a-z A-Z || wrong=1
    bb tr -cd 'a\n' || wrong=1
    bb tee /tmp/copy /dev/full || wrong=1
    printf '1,3p\n/cherry/s/r/R/g\n2i\ninserted\n.\n,n\nw /tmp/edited\nq\n' >input
    bb ed $words || wrong=1
    return $wrong
}
test_busybox_files() {
    make_tree
    local wrong=0
    bb stat /tree/text/words -c '%n %s %a %A %h %F %u %g %Y %b %o' || wrong=1
    bb stat -L -c '%N %F' /tree/text/link || wrong=1
    bb_unordered cp -av /tree /tmp/copy || wrong=1
    bb cp /tree/text/words /dev/stdout || wrong=1
    bb cp /tree /tmp || wrong=1
    bb_unordered mv -v /tree/text /tmp/moved || wrong=1
    bb mv /tree/text /tree/text/deep/inside || wrong=1
    bb mv /tree/empty /tree/text || wrong=1
    bb_unordered rm -rv /tree/text || wrong=1
    bb rm /tree/text || wrong=1
    bb rmdir /tree/empty /tree/text || wrong=1
    bb ln -sv a /tmp/b || wrong=1
    bb ln /tree/text /tmp/hard || wrong=1
    bb mkdir -pv /tmp/one/two /tmp/one || wrong=1
    bb touch -d '2001-01-01 00:00:00' /tree/text/words /tmp/new /absent/x || wrong=1
    bb_unordered chmod -Rv u+x,go-w /tree/text || wrong=1
    bb chown -v 12:34 /tree/text/words || wrong=1
    bb readlink -f /tree/text/link || wrong=1
    bb readlink /tree/text/broken || wrong=1
    bb realpath /tree/text/../binary/./bytes || wrong=1
    bb truncate -s 5 /tree/text/words || wrong=1
    bb fallocate -l 100000 /tmp/room || wrong=1
    bb dd if=/tree/binary/program bs=1000 count=7 skip=3 || wrong=1
    bb dd if=/dev/zero of=/tmp/zeroes bs=64k count=32 conv=fsync,notrunc status=none || wrong=1
    bb shred -u /tree/text/words || wrong=1
    bb mkfifo /tmp/pipe || wrong=1
    bb unlink /tree/text/deep/fox || wrong=1
    bb ls -laR --full-time /tree/text || wrong=1
    bb test -L /tree/text/link || wrong=1
    bb [ /tree/text/words -ot /tree/text/numbers ] || wrong=1
    bb test -x /tree/text/words || wrong=1
    succeeds '^[0-9]+.*/tree$' du -a /tree || wrong=1
    succeeds '/$' df || wrong=1
    succeeds '^/tmp/x\.[A-Za-z0-9]{6}$' mktemp /tmp/x.XXXXXX || wrong=1
    succeeds '^/tmp/[^/]+$' mktemp -d || wrong=1
    return $wrong
}
test_busybox_system() {
    local wrong=0
    mkdir tree
    same --env A=1 --env 'B=x y' /bin/busybox env || wrong=1
    bb_plain id || wrong=1
    bb_plain id -Gn || wrong=1
    bb_plain groups || wrong=1
    bb_plain whoami || wrong=1
    bb_plain hostname || wrong=1
    bb_plain uname -sn || wrong=1
    bb_plain tty || wrong=1
    bb_plain pwd || wrong=1
    bb_plain printf '%s|%5d|%-8x|%b|%c\n' text 42 255 'a\tb' xyz || wrong=1
    bb_plain printf '%d\n' notanumber || wrong=1
    bb_plain echo -e 'a\tb\\n\x41' || wrong=1
    bb_plain basename /a/b.c .c || wrong=1
    bb_plain dirname /a/b/c || wrong=1
    bb_plain getopt -o ab:c --long long,value: -- -a -b x --long rest || wrong=1
    bb_plain date -u -d @1234567890 || wrong=1
    bb_plain date -u -d '2024-02-29 12:00' +%j-%U || wrong=1
    bb_plain mkpasswd -m sha512 -S saltsalt secret || wrong=1
    bb_plain false || wrong=1
    bb_plain which sh absent || wrong=1
    bb_plain sleep 0.01 || wrong=1
    bb_plain usleep 1000 || wrong=1
    bb_plain kill -l || wrong=1
    bb_plain absent-applet || wrong=1
    succeeds '^[0-9]+$' nproc || wrong=1
    succeeds '^Mem:' free || wrong=1
    succeeds 'load average' uptime || wrong=1
    succeeds ' on / ' mount || wrong=1
    succeeds '^ +1 .*ps' ps || wrong=1
    succeeds '^[0-9]+$' cut -d. -f1 /proc/uptime || wrong=1
    succeeds "$cpu_name" uname -a || wrong=1
    return $wrong
}
# Whole file systems in files.
test_busybox_images() {
    local wrong=0
    head -c 2000000 /dev/zero >disk
    chmod 666 disk
    # The volume's number is the time.
    record native run_native run --file disk:/disk /bin/busybox mkdosfs -v /disk
    record martlet run_martlet run --file disk:/disk /bin/busybox mkdosfs -v /disk
    sed -i 's/volumeID:[0-9a-f]*/volumeID/' native.out native.err martlet.out martlet.err
    agree || wrong=1
    local applet
    for applet in 'mkswap -L swap' 'mke2fs -F'; do
        record martlet run_martlet run --file disk:/disk /bin/busybox $applet /disk
        expect_status martlet 0 || wrong=1
    done
    printf 'n\np\n1\n\n\np\nw\n' >input
    same --file disk:/disk /bin/busybox fdisk -u /disk || wrong=1
    return $wrong
}
