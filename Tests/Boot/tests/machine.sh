# What the machine tells of itself in /proc and /sys, to tools of this host and to runtimes that size
# themselves by it. Tests/Conformance/proc_system.c compares each file's form with the host's own.

# Runs a tool of this host on a machine of 2 CPUs and 1 GiB; skips where it is not here.
ask_tool() {
    local program
    needs_this_architecture
    program=$(command -v "$1") || skip "no $1"
    shift
    record martlet run_martlet run --cpus 2 --memory 1G "$program" "$@"
    expect_status martlet 0 || { cat martlet.all; return 1; }
}
# told LINE…: each is among what was printed, as a pattern of the whole line.
told() {
    local line
    for line; do
        grep -qxE -- "$line" martlet.out || { echo "nothing says: $line"; cat martlet.out; return 1; }
    done
}
# Whether the machine's CPU is another than this host's.
is_emulated() { case "${vmm:-}" in '' | */kvm) return 1 ;; esac; }

test_machine_lscpu() {
    local model maker
    ask_tool lscpu || return 1
    told 'CPU\(s\): +2' 'On-line CPU\(s\) list: +0[-,]1' 'Core\(s\) per socket: +[12]' 'L1d cache: +.*' || return 1
    ! is_emulated || return 0
    model=$(sed -nE 's/^model name\t: //p' /proc/cpuinfo | head -1)
    maker=$(sed -nE 's/^vendor_id\t: //p' /proc/cpuinfo | head -1)
    told "Vendor ID: +$maker" || return 1
    grep -qF "$model" martlet.out || { cat martlet.out; return 1; }
}
test_machine_nproc() {
    ask_tool nproc && told 2 && ask_tool nproc --all && told 2 || return 1
    record martlet run_martlet run "$(command -v nproc)"
    told 1
}
# Sizes of caches, which glibc asks of the CPU, and of memory.
test_machine_getconf() {
    local name
    for name in LEVEL1_DCACHE_SIZE LEVEL1_DCACHE_LINESIZE LEVEL2_CACHE_SIZE LEVEL3_CACHE_SIZE; do
        is_emulated || { ask_tool getconf $name && told "$(getconf $name)"; } || return 1
    done
    ask_tool getconf _NPROCESSORS_CONF && told 2 && ask_tool getconf _NPROCESSORS_ONLN && told 2
}
test_machine_free() {
    local total
    ask_tool free -b || return 1
    total=$(awk '/^Mem:/ { print $2 }' martlet.out)
    [ "$total" -le $((1 << 30)) ] && [ "$total" -gt $((1000 << 20)) ] || { cat martlet.out; return 1; }
    # What is used and what is available is what there is.
    awk '/^Mem:/ { exit !($3 > 0 && $3 < 100 * 2 ^ 20 && $2 - $7 < 100 * 2 ^ 20) }
        /^Swap:/ { if ($2) exit 1 }' martlet.out || { cat martlet.out; return 1; }
}
test_machine_uptime() { ask_tool uptime && told '.* up 0 min,.* load average: 0\.[0-9]+, 0\.[0-9]+, 0\.[0-9]+'; }
test_machine_ps() { ask_tool ps -o pid,ppid,stat,comm -e && told ' +1 +0 R.? +ps'; }
test_machine_mounts() {
    ask_tool mount && told 'martlet on / type tmpfs \(rw,relatime\)' 'proc on /proc/sys type proc \(ro,relatime\)' \
        'sysfs on /sys type sysfs \(ro,relatime\)' 'cgroup on /sys/fs/cgroup type cgroup2 \(ro,relatime\)' || return 1
    ask_tool df && told 'martlet +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+% /'
}

# ask_busybox APPLET ARGUMENT…: on a machine of 2 CPUs and 1 GiB.
ask_busybox() {
    record martlet run_martlet run --cpus 2 --memory 1G /bin/busybox "$@"
    expect_status martlet 0 || { cat martlet.all; return 1; }
}
# The control group: this machine's CPUs and memory are its limits, and nothing of it can be changed.
test_machine_control_group() {
    local total words
    ask_busybox cat /proc/meminfo || return 1
    total=$(sed -nE 's/^MemTotal: +([0-9]+) kB$/\1/p' martlet.out)
    ask_busybox grep -r '' /proc/self/cgroup /sys/fs/cgroup || return 1
    sed -i 's,^/sys/fs/cgroup/,,' martlet.out
    told '/proc/self/cgroup:0::/' 'cpu.max:200000 100000' 'cpu.weight:100' "memory.max:$((total * 1024))" 'memory.high:max' \
        'memory.swap.max:0' 'memory.current:[1-9][0-9]*' 'memory.events:oom_kill 0' 'memory.stat:anon [1-9][0-9]*' \
        'memory.stat:file [1-9][0-9]*' 'pids.max:max' 'pids.current:1' 'cpuset.cpus.effective:0-1' 'cpu.stat:usage_usec [0-9]+' \
        'cpu.stat:nr_throttled 0' 'cgroup.controllers:cpuset cpu memory pids' 'cgroup.procs:1' 'cgroup.threads:1' \
        'cgroup.type:domain' 'cgroup.subtree_control:' 'cgroup.events:populated 1' || return 1
    ask_busybox stat -f -c %t /sys/fs/cgroup && told 63677270 || return 1
    for words in "dd of=/sys/fs/cgroup/memory.max count=0" "dd of=/sys/fs/cgroup/cgroup.procs count=0" "mkdir /sys/fs/cgroup/below" \
        "rmdir /sys/fs/cgroup"; do
        record martlet run_martlet run /bin/busybox $words
        grep -q 'Read-only file system' martlet.all || { echo "$words:"; cat martlet.all; return 1; }
    done
}
# Every file can be read to its end; mem begins where no memory is.
test_machine_every_file() {
    local files
    ask_busybox find /proc /sys -type f ! -name pagemap ! -name mem ! -path '*/fdinfo/*' || return 1
    files=$(cat martlet.out)
    [ "$(wc -l <martlet.out)" -gt 150 ] || { cat martlet.out; return 1; }
    ask_busybox cat $files || return 1
    [ ! -s martlet.err ] || { cat martlet.err; return 1; }
}
# One more than fits into a word of the masks.
test_machine_many_processors() {
    local cpus=/sys/devices/system/cpu
    record martlet run_martlet run --cpus 33 /bin/busybox grep -E '' $cpus/online $cpus/possible /proc/self/status \
        $cpus/cpu32/topology/core_cpus_list $cpus/cpu1/topology/thread_siblings $cpus/cpu0/topology/package_cpus
    told "$cpus/online:0-32" "$cpus/possible:0-32" '/proc/self/status:Cpus_allowed:.1,ffffffff' \
        '/proc/self/status:Cpus_allowed_list:.0-32' "$cpus/cpu32/topology/core_cpus_list:[0-9,-]*32" \
        "$cpus/cpu1/topology/thread_siblings:[01],[0-9a-f]{8}" "$cpus/cpu0/topology/package_cpus:[01],[0-9a-f]{8}" || return 1
    record martlet run_martlet run --cpus 33 /bin/busybox grep -cE '^processor|^cpu[0-9]+ ' /proc/cpuinfo /proc/stat
    told /proc/cpuinfo:33 /proc/stat:33
}

# Heaps and pools as natively with as much memory and as many CPUs.
test_machine_java() {
    local java total
    needs_this_architecture
    java=$(ls -d /usr/lib/jvm/java-17-openjdk-*/bin/java 2>/dev/null | head -1)
    [ -n "$java" ] || skip "no openjdk-17-jre-headless"
    [ -x "${java}c" ] || skip "no openjdk-17-jdk-headless, whose compiler makes the program"
    cat >Sizes.java <<'JAVA'
public class Sizes {
    public static void main(String[] arguments) throws Exception {
        System.out.println("processors " + Runtime.getRuntime().availableProcessors());
        System.out.println("heap " + Runtime.getRuntime().maxMemory());
        System.out.println("pool " + java.util.concurrent.ForkJoinPool.commonPool().getParallelism());
        var system = (com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        System.out.println("memory " + system.getTotalMemorySize() + " swap " + system.getTotalSwapSpaceSize());
    }
}
JAVA
    "${java}c" Sizes.java || return 1
    hand_over Sizes.class
    # The same collector in both: natively it would be chosen by this host's memory.
    record martlet run_martlet run --cpus 2 --memory 1G --file Sizes.class "$java" -XX:+UseSerialGC -cp . Sizes
    expect_status martlet 0 || { cat martlet.all; return 1; }
    total=$(sed -nE 's/^memory ([0-9]+) swap 0$/\1/p' martlet.out)
    [ -n "$total" ] && [ "$total" -le $((1 << 30)) ] || { cat martlet.out; return 1; }
    record native "$java" -XX:+UseSerialGC -XX:MaxRAM=$total -XX:ActiveProcessorCount=2 -cp . Sizes
    cmp <(head -3 native.out) <(head -3 martlet.out) || { cat native.out martlet.out; return 1; }
    record martlet run_martlet run --cpus 2 --memory 1G "$java" -XshowSettings:system -version
    grep -qa 'Provider: cgroupv2' martlet.all && grep -qa 'Effective CPU Count: 2' martlet.all ||
        { cat martlet.all; return 1; }
}
test_machine_node() {
    needs_this_architecture
    [ -x /usr/bin/node ] || skip "no node"
    cat >sizes.js <<'JAVASCRIPT'
const os = require('os'), fs = require('fs'), v8 = require('v8');
const total = 1024 * /MemTotal: +(\d+)/.exec(fs.readFileSync('/proc/meminfo', 'utf8'))[1];
const limit = v8.getHeapStatistics().heap_size_limit;
console.log(os.cpus().length, os.cpus()[1].model === /model name\t: (.*)/.exec(fs.readFileSync('/proc/cpuinfo', 'utf8'))[1]);
console.log(total <= 2 ** 30, os.totalmem() === total, os.freemem() < total, !process.constrainedMemory || process.constrainedMemory() === total);
// V8 takes a quarter of the memory for what is old, and has some for what is young.
console.log(limit > total / 4 && limit < total * 0.6, os.loadavg().length, os.uptime() < 60, process.memoryUsage().rss < total);
JAVASCRIPT
    hand_over sizes.js
    record martlet run_martlet run --cpus 2 --memory 1G --file sizes.js /usr/bin/node sizes.js
    printf '2 true\ntrue true true true\ntrue 3 true true\n' >expected
    cmp expected martlet.out || { cat martlet.all martlet.out; return 1; }
}
test_machine_go() {
    command -v go >/dev/null || skip "no go"
    cat >sizes.go <<'GO'
package main

import (
	"fmt"
	"runtime"
)

func main() { fmt.Println(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }
GO
    local target=amd64
    [ "$arch" = x86_64 ] || target=$arch
    GOCACHE=$PWD/cache CGO_ENABLED=0 GOARCH=$target GO111MODULE=off go build -o sizes sizes.go || return 1
    chmod -R u+w cache
    record martlet run_martlet run --cpus 2 ./sizes
    told '2 2'
}
test_machine_python() {
    needs_this_architecture
    [ -x /usr/bin/python3 ] || skip "no python3"
    record martlet run_martlet run --cpus 2 --memory 1G /usr/bin/python3 -c 'import os
fields = dict(line.split(":") for line in open("/proc/meminfo"))
total = int(fields["MemTotal"].split()[0]) * 1024
print(os.cpu_count(), len(os.sched_getaffinity(0)), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") == total <= 2 ** 30)
cpu = [list(map(int, line.split()[1:])) for line in open("/proc/stat") if line.startswith("cpu")]
print(len(cpu), {len(times) for times in cpu}, len(os.getloadavg()))
stat = open("/proc/self/stat").read().rpartition(")")[2].split()
print(len(stat), int(stat[21]) * 4096 < total)'
    printf '2 2 True\n3 {10} 3\n50 True\n' >expected
    cmp expected martlet.out || { cat martlet.all martlet.out; return 1; }
}

# Processes of a small tree, which each have the same number natively, in a namespace of their own, and
# inside: a sleeping one, a shell with a child, one with a child that ended.
make_process_tree() {
    cat >tree.sh <<'SH'
PATH=/usr/bin:/bin TERM=dumb COLUMNS=200
export TERM COLUMNS
runs() { until { read -r name <"/proc/$1/comm"; } 2>/dev/null && [ "$name" = "$2" ]; do :; done; }
is_asleep() { until read -r line <"/proc/$1/stat" && [ "${line##*) S *}" != "$line" ]; do :; done; }
sleep 100 &
runs 2 sleep
sh -c 'sleep 50; true' &
runs 4 sleep
sh -c '(exit 3) & exec sleep 60' &
runs 5 sleep
until read -r line </proc/6/stat && [ "${line##*) Z *}" != "$line" ]; do :; done
for number in 2 3 4 5; do is_asleep $number; done
SH
    cat >>tree.sh
}
# What procps and psmisc tell of them, as natively.
test_machine_process_tools() {
    local tool library files=()
    needs_this_architecture
    [ "$(id -u)" = 0 ] || skip "needs root for a namespace of processes"
    for tool in ps top pstree pgrep; do
        [ -x /usr/bin/$tool ] || skip "no $tool (procps, psmisc)"
    done
    for tool in sleep sh ps top pstree pgrep; do
        files+=(--file "$(readlink -f "$(command -v $tool)"):/usr/bin/$tool")
    done
    for library in $(ldd /usr/bin/ps /usr/bin/top /usr/bin/pstree | grep -oE '/lib[^ ]*' | sort -u); do
        files+=(--file "$library")
    done
    make_process_tree <<'SH'
echo all
ps -eo pid,ppid,pgid,sid,stat,nlwp,pri,ni,tty,user,comm,args
echo forest
ps -eo pid,ppid,args --forest
echo one
ps -o pid,stat,exe,cls -p 4
ps -T -p 3 -o pid,spid,comm
echo children
pgrep -l -P 1
pgrep -f 'sleep [56]0'
echo tree
pstree -p
pstree -a 1
pstree -p 5
ps aux >/tmp/all
while read -r user number processor memory size resident terminal state rest; do
    case $resident in RSS) ;; 0) echo "$number none" ;; *) echo "$number $terminal $state $((size >= resident && resident > 400))" ;; esac
done </tmp/all
top -b -n1 >/tmp/all
while read -r number user priority nice size resident shared state rest; do
    case $number in Tasks:) echo "$user $priority $nice $size" ;; [0-9]*) echo "$number $user $priority $nice $state" ;; esac
done </tmp/all
SH
    hand_over tree.sh
    record native unshare --pid --fork --mount --mount-proc setsid /bin/bash "$PWD/tree.sh"
    record martlet run_martlet run --cpus 2 --memory 256M --file "$PWD/tree.sh" --file /lib/terminfo "${files[@]}" /bin/bash "$PWD/tree.sh"
    expect_status martlet 0 && agree && { [ "$(wc -l <martlet.out)" -gt 50 ] || { cat martlet.out; return 1; }; }
}
# The same by busybox.
test_machine_process_tree() {
    make_process_tree <<'SH'
PATH=/bin
ps -o pid,ppid,pgid,sid,stat,nice,user,comm,args
top -b -n1
grep -H '' /sys/fs/cgroup/pids.current /sys/fs/cgroup/cgroup.procs /proc/*/task/*/children
pidof sleep
readlink /proc/self
ls -l /proc/4/exe
set -- /proc/[0-9]*
echo "$*"
SH
    ask_busybox true || return 1
    record martlet run_martlet run --cpus 2 --memory 1G --file tree.sh /bin/busybox sh tree.sh
    expect_status martlet 0 || { cat martlet.all; return 1; }
    told ' +1 +0 +1 +1 S +0 root +busybox +/bin/busybox sh tree.sh' ' +2 +1 +1 +1 S +0 root +sleep +sleep 100' \
        ' +3 +1 +1 +1 S +0 root +sh +sh -c sleep 50; true' ' +4 +3 +1 +1 S +0 root +sleep +sleep 50' \
        ' +5 +1 +1 +1 S +0 root +sleep +sleep 60' ' +6 +5 +1 +1 Z +0 root +sh +\[sh\]' ' +7 +1 +1 +1 R +0 root +ps +(\{ps\} /bin/busybox sh tree.sh|ps -o .*)' \
        ' +6 +5 root +Z +0 +0% +[0-9]% +\[sh\]' ' +4 +3 root +S +[0-9]+ +[0-9]% +[0-9]% +sleep 50' 'Load average: .* [0-9]/7 8' \
        '/sys/fs/cgroup/pids.current:7' '/sys/fs/cgroup/cgroup.procs:5' '/sys/fs/cgroup/cgroup.procs:9' '/proc/1/task/1/children:2 3 5 9 ' \
        '/proc/3/task/3/children:4 ' '/proc/5/task/5/children:6 ' '5 4 2' '11' 'lrwx.* /proc/4/exe -> /bin/busybox' \
        '/proc/1 /proc/2 /proc/3 /proc/4 /proc/5 /proc/6' || return 1
    ! grep -q 'cgroup.procs:6' martlet.out
}
