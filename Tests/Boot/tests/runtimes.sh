# Language runtimes and tools as Debian has them, with what each reads beside its libraries, against the same
# natively. `Scripts/bootstrap runtimes` installs them; without it most are left out.

# runs_as_here PROGRAM ARGUMENT…: natively and in a machine with the work folder's files at the same places
# below /, both with an image's environment. MORE has further options of `martlet run`.
runs_as_here() {
    local program=$1 files=()
    shift
    set +f
    needs_this_architecture
    [ -x "$program" ] || skip "no ${program##*/} (Debian's package)"
    [ ! -d input ] || { hand_over input; files=(--file input); }
    record native env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        timeout -k 5 "$limit" "$program" "$@"
    record martlet run_martlet run --memory 1G ${MORE:-} "${files[@]}" "$program" "$@"
    agree
}

test_runtime_lua() {
    runs_as_here /usr/bin/lua5.4 -e 'local t = {} for word in ("pear apple fig"):gmatch("%a+") do t[#t + 1] = word end
        table.sort(t) print(table.concat(t, ","), math.pi, string.format("%q", "a\nb"), os.getenv("HOME"))
        local f = assert(io.open("made", "w")) f:write("kept") f:close() print(io.open("made"):read("a"))
        os.remove("made") print(io.open("/absent")) os.exit(4)'
}
# 100,000 rows in one transaction, and a database with a write-ahead log.
test_runtime_sqlite() {
    runs_as_here /usr/bin/sqlite3 rows.db "create table t(a integer primary key, b text, c real);
        begin; with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
        insert into t select i, printf('row %d', i * 7919 % 100003), i / 7.0 from n; commit;
        create index b on t(b); select count(*), sum(a), max(b), round(total(c), 3) from t;
        select * from t where b like 'row 99%' order by b limit 5; pragma integrity_check;" || return 1
    rm -f wal.db*
    runs_as_here /usr/bin/sqlite3 wal.db "pragma journal_mode=wal; create table t(a, b);
        insert into t values(1, randomblob(0)), (2, zeroblob(100000)); update t set b = a * 2;
        pragma wal_checkpoint(full); select * from t; pragma integrity_check;"
}
test_runtime_ruby() {
    MORE="--cpus 2" runs_as_here /usr/bin/ruby -e 'require "json"; require "digest"; require "set"
        puts JSON.generate({ "pi" => Math::PI.round(6), "list" => (1..5).map { |n| n * n } })
        puts Digest::SHA256.hexdigest("martlet"), Set.new([3, 1, 3]).to_a.inspect
        threads = 4.times.map { |n| Thread.new { (1..20000).sum { |i| i * n } } }
        p threads.map(&:value); p 2**200, "aé".bytes, ENV["HOME"]
        begin; File.open("/absent"); rescue => error; puts error.message; end; exit 6'
}
test_runtime_php() {
    runs_as_here /usr/bin/php -r 'echo json_encode(["pi" => round(M_PI, 6), "list" => range(1, 5)]), "\n";
        echo hash("sha256", "martlet"), " ", preg_replace("/(\w+) (\w+)/", "$2 $1", "hello world"), "\n";
        usort($words = ["pear", "apple", "fig"], "strcmp"); $sum = 0;
        for ($i = 0; $i < 1000000; $i++) $sum += $i % 7; echo $sum, " ", date("Y-m-d", 86400), "\n";
        file_put_contents("/tmp/martlet-php", "kept"); echo file_get_contents("/tmp/martlet-php"), "\n";
        unlink("/tmp/martlet-php"); exit(8);'
}
test_runtime_node() {
    mkdir input
    cat >input/program.js <<'JAVASCRIPT'
const crypto = require('crypto'), fs = require('fs'), zlib = require('zlib');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (!isMainThread) {
    let sum = 0;
    for (let i = 0; i < 300000; i++) sum += i * workerData % 7;
    parentPort.postMessage(sum);
} else (async () => {
    console.log(crypto.createHash('sha256').update('martlet').digest('hex'), process.argv.length);
    console.log(zlib.gunzipSync(zlib.gzipSync('hello '.repeat(1000))).length, [3, 1, 2].sort(), 2n ** 100n);
    fs.writeFileSync('/tmp/martlet-node', 'kept');
    console.log(fs.readFileSync('/tmp/martlet-node', 'utf8'), fs.statSync('/tmp/martlet-node').size);
    fs.unlinkSync('/tmp/martlet-node');
    const results = await Promise.all([1, 2, 3, 4].map(n => new Promise((resolve, reject) => {
        const worker = new Worker(__filename, { workerData: n });
        worker.on('message', resolve);
        worker.on('error', reject);
    })));
    console.log(results);
    const order = [];
    setTimeout(() => order.push('later'), 20);
    setImmediate(() => order.push('soon'));
    process.nextTick(() => order.push('next'));
    await new Promise(resolve => setTimeout(resolve, 60));
    console.log(order.join(' '));
    const kept = [];
    for (let i = 0; i < 200000; i++) kept[i % 1000] = Buffer.alloc(100 + i % 900, i);
    console.log(kept.reduce((sum, buffer) => sum + buffer.length, 0));
    try { fs.readFileSync('/absent'); } catch (error) { console.log(error.message); }
    console.log(await crypto.subtle.digest('SHA-1', Buffer.from('a')).then(d => Buffer.from(d).toString('hex')));
    process.exitCode = 9;
})();
JAVASCRIPT
    runs_as_here /usr/bin/node input/program.js one two && MORE="--cpus 2" runs_as_here /usr/bin/node input/program.js
}
# Single-file programs need the compiler; this one is of the runtime's own classes.
test_runtime_java() {
    local java
    java=$(ls -d /usr/lib/jvm/java-17-openjdk-*/bin/java 2>/dev/null | head -1)
    [ -n "$java" ] || skip "no openjdk-17-jre-headless"
    runs_as_here "$java" -version || return 1
    [ -x "${java}c" ] || skip "no openjdk-17-jdk-headless, whose compiler makes the program"
    mkdir -p input/classes
    cat >Program.java <<'JAVA'
import java.util.*;
import java.util.concurrent.*;
public class Program {
    public static void main(String[] arguments) throws Exception {
        System.out.println("hello " + arguments.length + " " + Runtime.getRuntime().availableProcessors());
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> parts = new ArrayList<>();
        for (int part = 0; part < 4; part++) {
            final int first = part;
            parts.add(pool.submit(() -> {
                long hash = first;
                for (int i = 0; i < 5_000_000; i++) hash = hash * 31 + i;
                return hash;
            }));
        }
        for (Future<Long> part : parts) System.out.println(part.get());
        pool.shutdown();
        Map<Integer, byte[]> kept = new ConcurrentHashMap<>();
        Thread[] threads = new Thread[4];
        for (int n = 0; n < 4; n++) {
            final int number = n;
            threads[n] = new Thread(() -> {
                for (int i = 0; i < 50000; i++) kept.put(number * 1000 + i % 1000, new byte[1000 + i % 5000]);
            });
            threads[n].start();
        }
        for (Thread thread : threads) thread.join();
        System.out.println(kept.values().stream().mapToInt(bytes -> bytes.length).sum());
        System.gc();
        try { new java.io.FileInputStream("/absent"); } catch (java.io.IOException error) {
            System.out.println(error.getMessage());
        }
        System.exit(11);
    }
}
JAVA
    "${java}c" -d input/classes Program.java || return 1
    for cpus in 1 2; do
        # The host's own number of CPUs is natively what --cpus is here.
        record native taskset -c 0-$((cpus - 1)) env -i HOME=/root "$java" -cp input/classes Program one
        record martlet run_martlet run --memory 1G --cpus $cpus --file input/classes "$java" -cp input/classes Program one
        agree || { echo "($cpus CPUs)"; return 1; }
    done
}
test_runtime_imagemagick() {
    [ -x /usr/bin/convert-im6.q16 ] || skip "no imagemagick (Debian's package)"
    runs_as_here /usr/bin/convert-im6.q16 -size 120x80 gradient:red-blue -rotate 30 -resize 50% -depth 8 rgb:-
}

# GNU coreutils one by one, those that need no other process.
test_runtime_coreutils() {
    local line wrong=0 count=0
    mkdir input
    printf 'pear 3\napple 1\nfig 2\napple 1\n' >input/words
    printf '1\t2\t3\n40\t50\t60\n' >input/numbers
    seq 1 300 >input/sequence
    printf 'apple red\nfig blue\n' >input/colours
    head -c 10000 /bin/true >input/bytes
    ln -s words input/link
    while IFS= read -r line <&3; do
        count=$((count + 1))
        set -f
        runs_as_here /usr/bin/$line </dev/null || { echo "($line)"; wrong=1; }
        set +f
    done 3<<'COMMANDS'
arch
b2sum input/words
base32 input/words
base64 -w 20 input/bytes
basename -s .c /a/b.c d.c
basenc --base16 input/words
cat -A input/numbers input/words
chmod -v 644 input/colours
cksum input/words input/bytes
comm -12 input/words input/colours
cp -v input/words /tmp/martlet-copy
csplit -s -z input/sequence 100 200
cut -f 2 input/numbers
cut -c 1-3 input/words
date -u -d @86400 +%F_%T
dd if=input/bytes bs=100 skip=3 count=2 status=none
dir -1 input
dircolors -p
dirname /a/b/c d
du -b --apparent-size input/words
echo -e a\tb\\c
env -u HOME
expand -t 4 input/numbers
expr 7 * ( 3 + 4 )
expr length martlet
factor 1234567890 97 600851475143
false
fmt -w 20 input/words
fold -w 5 input/words
head -n 3 input/sequence
head -c -280 input/sequence
id -u
install -m 640 -v input/words /tmp/martlet-installed
join -j 1 input/colours input/colours
link input/words /tmp/martlet-link
ln -sv words /tmp/martlet-symbolic
ls -1aF input
ls -ln --time-style=+ input/sequence
md5sum input/words input/absent
mkdir -pv /tmp/martlet-made/a/b
mkfifo -m 600 /tmp/martlet-fifo
mktemp /absent/XXXXXX
mv -v input/absent /tmp
nl -ba input/words
nproc --all --ignore 100
numfmt --to=iec 1048576 5000
od -A d -t x1z -N 64 input/bytes
od -t f8 -N 32 input/bytes
paste -d : input/words input/colours
pathchk -p a/b:c
pr -t -3 -l 10 input/sequence
printenv HOME
printf %s-%05d-%x\n a 42 255
ptx -G input/colours
pwd --version
readlink input/link
readlink -f /usr/bin/../bin
realpath -m /a/../b
rm -v input/absent
rmdir -v /absent
seq -f %03g 1 3 10
sha1sum input/words
sha224sum input/words
sha256sum input/bytes
sha384sum input/bytes
sha512sum input/bytes
shuf -n 3 --random-source=input/bytes input/sequence
sleep 0.01
sort input/words
sort -k 2n -r -u input/words
split -n 2/3 input/sequence
stat -c %n:%s:%F:%a input/words input/link
stat -f -c %n /absent
sum input/bytes
sum -s input/bytes
sync input/words
tac input/words
tail -n 2 input/sequence
tail -c +1150 input/sequence
tee /tmp/martlet-tee
test -f input/words -a ! -d input/words
touch -d @1000 /tmp/martlet-touched
tr a-z A-Z
true
truncate -s 5 /tmp/martlet-short
tsort input/colours
tty
uname -s -m
unexpand -a -t 4 input/words
uniq -c input/words
unlink /absent
vdir --help
wc input/words input/sequence
whoami
yes --version
COMMANDS
    [ $count -ge 90 ] || { echo "$count commands"; wrong=1; }
    rm -rf /tmp/martlet-{copy,installed,link,symbolic,made,fifo,tee,touched,short}
    return $wrong
}

# What a runtime reads is kept as an image, which is made once; without a place for it, it is copied.
test_runtime_image() {
    [ -z "$vmm" ] || skip "needs martlet's own VMM"
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    local made
    mkdir cache
    chmod 777 cache
    cache=$PWD/cache
    runs_as_here /usr/bin/perl -MPOSIX -e 'print floor(2.5), "\n"' || return 1
    made=$(stat -c %i-%y cache/martlet/perl*.erofs) || return 1
    runs_as_here /usr/bin/perl -MData::Dumper -e 'print Dumper([1, {a => 2}])' || return 1
    [ "$made" = "$(stat -c %i-%y cache/martlet/perl*.erofs)" ] || { echo "made again"; return 1; }
    # One that does not fit its manifest is made again.
    truncate -s -1 cache/martlet/perl*.manifest
    runs_as_here /usr/bin/perl -e 'print "again\n"' || return 1
    [ "$made" != "$(stat -c %i-%y cache/martlet/perl*.erofs)" ] || { echo "not made again"; return 1; }
    cache=/proc runs_as_here /usr/bin/perl -MPOSIX -e 'print floor(3.5), "\n"'
}
# Go with C in it: threads of both make calls into the other, on one CPU and on two.
test_runtime_go_with_c() {
    needs_this_architecture
    command -v go >/dev/null || skip "no go in PATH"
    CGO_ENABLED=1 GOCACHE=$top/.build/go-cache GOFLAGS=-buildvcs=false GO111MODULE=off \
        go build -o program "$top/Tests/Programs/Real/cgo.go" || return 1
    hand_over program
    runs_as_here ./program && MORE="--cpus 2" runs_as_here ./program
}
test_runtime_rust() {
    needs_this_architecture
    command -v rustc >/dev/null || skip "no rustc in PATH"
    rustc -O --edition 2021 -o program "$top/Tests/Programs/Real/program.rs" || return 1
    hand_over program
    runs_as_here ./program one 'two three' && MORE="--cpus 2" runs_as_here ./program || return 1
    # A stack that overflows is told as such, by a handler on a stack of its own.
    runs_as_here ./program overflow >/dev/null
    cmp native.out martlet.out && expect_status martlet 134 && grep -q 'has overflowed its stack' martlet.err
}
# Debian's own for arm64, in a root file system of their own, against this host's of the same version.
# on_arm64 PROGRAM ARGUMENT…
on_arm64() {
    local program=$1
    shift
    [ "$arch" = arm64 ] || skip "for arm64"
    command -v mkfs.erofs >/dev/null || skip "no mkfs.erofs (erofs-utils)"
    [ -x "/usr/bin/$program" ] || skip "no $program here to compare with"
    record native env -i PATH=/usr/bin:/bin HOME=/root timeout -k 5 "$limit" "/usr/bin/$program" "$@"
    record martlet run_martlet run --memory 512M --rootfs "$packages/root" "$program" "$@"
    agree
}
test_runtime_python_on_arm64() {
    on_arm64 python3.11 -c 'import decimal, hashlib, json, math, re, sqlite3, struct, sys, threading, zlib
print(json.dumps({"list": [n * n for n in range(5)], "pi": math.pi}), decimal.Decimal(2).sqrt())
print(hashlib.sha256(b"martlet").hexdigest(), zlib.crc32(b"martlet"), struct.pack("<d", 0.1).hex())
sums = {}
def work(n): sums[n] = sum(i * n % 7 for i in range(20000))
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]; print(sorted(sums.items()))
db = sqlite3.connect(":memory:"); db.execute("create table t(a)")
db.executemany("insert into t values(?)", [(n,) for n in range(1000)])
print(db.execute("select sum(a), count(*) from t").fetchone(), re.findall(r"\w+", "a bc d"))
try: open("/absent")
except OSError as error: print(error)
sys.exit(7)'
}
test_runtime_perl_on_arm64() {
    on_arm64 perl -e 'use strict; use warnings; use List::Util qw(sum); use POSIX qw(floor);
my %count; $count{length $_}++ for map { "x" x ($_ % 7) } 1 .. 1000;
print join(",", map { "$_=$count{$_}" } sort keys %count), " ", sum(1 .. 100), " ", floor(-1.5), "\n";
open(my $file, ">", "/tmp/martlet-perl") or die; print $file "kept\n"; close $file;
open($file, "<", "/tmp/martlet-perl") or die; print <$file>; unlink "/tmp/martlet-perl";
my $text = "The quick brown fox"; (my $other = $text) =~ s/(\w+)/\u\L$1/g; print "$other\n"; exit 5'
}
test_runtime_sqlite_on_arm64() {
    on_arm64 sqlite3 /tmp/martlet-rows.db "create table t(a integer primary key, b text); begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into t select i, printf('row %d', i * 7919 % 20011) from n; commit; create index b on t(b);
select count(*), sum(a), max(b) from t; pragma integrity_check;" || return 1
    rm -f /tmp/martlet-rows.db
}
# Tools that read tables of their own: character sets, kinds of files, terminals, templates of repositories.
test_runtime_tools() {
    needs_this_architecture
    mkdir input
    printf 'gr\303\274n\n' >input/text
    cp /bin/busybox input/program
    gzip -nc input/text >input/text.gz
    runs_as_here /usr/bin/iconv -f UTF-8 -t ISO-8859-1 input/text || return 1
    runs_as_here /usr/bin/iconv -f UTF-8 -t SHIFT_JISX0213//TRANSLIT input/text || return 1
    [ ! -x /usr/bin/file ] || runs_as_here /usr/bin/file input/text input/program input/text.gz || return 1
    record martlet run_martlet run --env TERM=xterm-256color /usr/bin/tput colors
    [ "$(cat martlet.out)" = 256 ] || { cat martlet.all; return 1; }
    [ ! -x /usr/bin/openssl ] || runs_as_here /usr/bin/openssl dgst -sha3-256 input/text || return 1
    runs_as_here /usr/bin/locale charmap
}
