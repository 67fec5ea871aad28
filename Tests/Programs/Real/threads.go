// Goroutines, channels, timers, mutexes, the collector under load and preemption of loops: the same lines
// on Linux and as a unikernel. Build: CGO_ENABLED=0 go build threads.go
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func channels() {
	numbers, squares := make(chan int), make(chan int, 8)
	var workers sync.WaitGroup
	for i := 0; i < 16; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range numbers {
				squares <- n * n
			}
		}()
	}
	go func() {
		for n := 0; n < 20000; n++ {
			numbers <- n
		}
		close(numbers)
		workers.Wait()
		close(squares)
	}()
	sum, count := 0, 0
	for s := range squares {
		sum += s
		count++
	}
	fmt.Println("channels", count, sum)

	// A sieve: a chain of goroutines, one per prime.
	source := make(chan int)
	stop := make(chan struct{})
	go func(out chan int) {
		for n := 2; ; n++ {
			select {
			case out <- n:
			case <-stop:
				return
			}
		}
	}(source)
	last := 0
	for i := 0; i < 200; i++ {
		prime := <-source
		last = prime
		next := make(chan int)
		go func(in chan int, out chan int) {
			for {
				select {
				case n := <-in:
					if n%prime == 0 {
						continue
					}
					select {
					case out <- n:
					case <-stop:
						return
					}
				case <-stop:
					return
				}
			}
		}(source, next)
		source = next
	}
	close(stop)
	fmt.Println("prime", last)
}

func mutexes() {
	var mutex sync.Mutex
	var shared sync.RWMutex
	var group sync.WaitGroup
	total, reads, table := 0, int64(0), map[int]int{}
	for i := 0; i < 32; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for n := 0; n < 3000; n++ {
				mutex.Lock()
				total++
				mutex.Unlock()
				if n%10 == 0 {
					shared.Lock()
					table[n]++
					shared.Unlock()
				} else {
					shared.RLock()
					if table[n-n%10] >= 0 {
						atomic.AddInt64(&reads, 1)
					}
					shared.RUnlock()
				}
			}
		}(i)
	}
	group.Wait()
	fmt.Println("mutexes", total, reads, len(table), table[10])

	condition := sync.NewCond(&mutex)
	turn := 0
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for round := 0; round < 200; round++ {
				mutex.Lock()
				for turn%8 != i {
					condition.Wait()
				}
				turn++
				condition.Broadcast()
				mutex.Unlock()
			}
		}(i)
	}
	group.Wait()
	fmt.Println("turns", turn)
}

func timers() {
	start := time.Now()
	var order []int
	var mutex sync.Mutex
	var group sync.WaitGroup
	for i := 5; i >= 1; i-- {
		i := i
		group.Add(1)
		time.AfterFunc(time.Duration(i)*40*time.Millisecond, func() {
			mutex.Lock()
			order = append(order, i)
			mutex.Unlock()
			group.Done()
		})
	}
	group.Wait()
	fmt.Println("timers", order, time.Since(start) >= 200*time.Millisecond)
	ticker := time.NewTicker(5 * time.Millisecond)
	ticks := 0
	for range ticker.C {
		if ticks++; ticks == 20 {
			break
		}
	}
	ticker.Stop()
	limit, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	select {
	case <-limit.Done():
		fmt.Println("ticks", ticks, limit.Err())
	case <-time.After(20 * time.Second):
		fmt.Println("no timeout")
	}
}

type node struct {
	left, right *node
	value       int
}

func grow(depth int) *node {
	if depth == 0 {
		return &node{value: 1}
	}
	return &node{grow(depth - 1), grow(depth - 1), 1}
}
func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

func collector() {
	debug.SetGCPercent(20)
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	keep := grow(15)
	var group sync.WaitGroup
	var sum int64
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; n < 12; n++ {
				atomic.AddInt64(&sum, int64(grow(12).sum()))
				text := make([]byte, 1<<20)
				text[n] = 1
			}
		}()
	}
	group.Wait()
	runtime.GC()
	debug.FreeOSMemory()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	fmt.Println("collector", sum, keep.sum(), after.NumGC-before.NumGC >= 5)
	debug.SetGCPercent(100)
}

// A loop without a call gives way only to the signal of preemption (SIGURG).
func preemption() {
	var stop int32
	var loops sync.WaitGroup
	counts := make([]uint64, 4)
	for i := range counts {
		loops.Add(1)
		go func(count *uint64) {
			defer loops.Done()
			n := uint64(0)
			for atomic.LoadInt32(&stop) == 0 {
				n++
			}
			*count = n
		}(&counts[i])
	}
	for i := 0; i < 5; i++ {
		time.Sleep(20 * time.Millisecond)
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory) // stops the world: every loop
	}
	atomic.StoreInt32(&stop, 1)
	loops.Wait()
	ran := 0
	for _, n := range counts {
		if n > 0 {
			ran++
		}
	}
	fmt.Println("preemption", ran)
}

func signals() {
	received := make(chan os.Signal, 16)
	signal.Notify(received, syscall.SIGUSR1, syscall.SIGUSR2)
	var numbers []int
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGUSR1} {
		syscall.Kill(syscall.Getpid(), s)
		numbers = append(numbers, int((<-received).(syscall.Signal)))
	}
	sort.Ints(numbers)
	signal.Stop(received)
	fmt.Println("signals", numbers)
}

func faults() {
	caught := 0
	for i := 0; i < 100; i++ {
		func() {
			defer func() {
				if recover() != nil {
					caught++
				}
			}()
			var nothing *node
			nothing.value++
		}()
	}
	fmt.Println("faults", caught)
}

// Threads that are locked to goroutines, and goroutines that block in system calls.
func threads() {
	var group sync.WaitGroup
	var fds [2]int
	syscall.Pipe(fds[:])
	identifiers := sync.Map{}
	for i := 0; i < 20; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.LockOSThread()
			byteOf := make([]byte, 1)
			identifiers.Store(syscall.Gettid(), true)
			syscall.Read(fds[0], byteOf)
		}()
	}
	time.Sleep(20 * time.Millisecond)
	syscall.Write(fds[1], make([]byte, 20))
	group.Wait()
	count := 0
	identifiers.Range(func(_, _ any) bool { count++; return true })
	fmt.Println("threads", count)
}

func main() {
	fmt.Println("processors", runtime.GOMAXPROCS(0))
	channels()
	mutexes()
	timers()
	collector()
	preemption()
	signals()
	faults()
	threads()
}
