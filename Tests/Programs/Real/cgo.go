// Go that calls C, and C that calls back: cgo(1). Prints the same lines anywhere.
package main

/*
#cgo LDFLAGS: -lm
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int goCompare(void *, void *);
extern void goCalled(int);

static int compare(const void *a, const void *b) { return goCompare((void *)a, (void *)b); }
static void sort(int *numbers, int count) { qsort(numbers, count, sizeof *numbers, compare); }

static void *call(void *number) {
    goCalled((int)(long)number);
    return number;
}
// A thread that Go did not make calls it.
static long from_thread(int number) {
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, NULL, call, (void *)(long)number)) return -1;
    pthread_join(thread, &result);
    return (long)result;
}
static int fail(int code) {
    errno = code;
    return -1;
}
static __thread int counter;
static int count(void) { return ++counter; }
*/
import "C"

import (
	"fmt"
	"os"
	"os/user"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"unsafe"
)

//export goCompare
func goCompare(a, b unsafe.Pointer) C.int { return *(*C.int)(a) - *(*C.int)(b) }

var called struct {
	sync.Mutex
	numbers []int
}

//export goCalled
func goCalled(number C.int) {
	called.Lock()
	defer called.Unlock()
	called.numbers = append(called.numbers, int(number))
}

func main() {
	numbers := []C.int{5, -3, 9, 0, 7, 7, 1}
	C.sort(&numbers[0], C.int(len(numbers)))
	fmt.Println(numbers, float64(C.sqrt(2)))

	text := C.CString("from Go")
	fmt.Println(C.strlen(text), C.GoString(text))
	C.free(unsafe.Pointer(text))

	_, err := C.fail(C.int(syscall.ENOSPC))
	fmt.Println(err)

	var group sync.WaitGroup
	for number := 1; number <= 20; number++ {
		group.Add(1)
		go func(number int) {
			defer group.Done()
			if C.from_thread(C.int(number)) != C.long(number) {
				fmt.Println("lost", number)
			}
		}(number)
	}
	group.Wait()
	sort.Ints(called.numbers)
	fmt.Println(called.numbers)

	// Kept to a thread, its thread-local variable counts alone.
	results := make(chan C.int, 4)
	for number := 0; number < 4; number++ {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			last := C.int(0)
			for i := 0; i < 1000; i++ {
				last = C.count()
				runtime.Gosched()
			}
			results <- last
		}()
	}
	for number := 0; number < 4; number++ {
		if last := <-results; last < 1000 {
			fmt.Println("a thread's variable went back to", last)
		}
	}

	// The C library's look-up of users.
	if who, err := user.LookupId("0"); err == nil {
		fmt.Println(who.Username, who.HomeDir)
	} else {
		fmt.Println(err)
	}
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var nothing *int
		fmt.Println(*nothing)
	}()
	os.Exit(9)
}
