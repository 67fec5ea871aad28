import Base
import Files
import Hardware
import LinuxABI
import Memory
import Processes
import TestSupport
import Testing

@testable import SystemCalls

/// System calls while memory runs out: for every n the n-th allocation fails, once each for frames,
/// for the heap and for the admission of objects.
///
/// No call may trap, the first one whose result differs says so by ENOMEM (or ENOSPC, EAGAIN, fewer
/// bytes), and after everything was closed and removed as many frames are free as before.
@Suite("system calls when memory runs out", .serialized) struct ShortageTests {
    @Test("the n-th allocation fails, for every n", arguments: InjectedShortage.allCases)
    func everyAllocation(_ shortage: InjectedShortage) throws {
        let program = try HostProgram()
        // The first two runs fill caches that stay: the heap keeps a page of each size.
        _ = run(program)
        let expected = run(program)
        let before = Frames.freeCount
        #expect(run(program) == expected)
        #expect(Frames.freeCount == before)

        var n = 0
        var isReached = true
        while isReached, n < 5000 {
            n += 1
            shortage.inject(at: n)
            let results = script(program)
            isReached = !shortage.isAhead
            shortage.inject(at: 0)
            cleanUp(program)
            #expect(Frames.freeCount == before, "frames are lost where allocation \(n) fails")
            if let (index, result) = firstDifference(results, expected) {
                let isShort = result >= 0 && result < expected[index].result
                #expect(
                    [-12, -28, -11, -105].contains(result) || isShort,
                    "allocation \(n): \(expected[index].name) gave \(result)")
            }
        }
        #expect(!isReached && n > 20, "\(n) allocations")
    }

    private struct Result: Equatable {
        let name: String
        let result: Int
    }
    private func firstDifference(_ a: [Result], _ b: [Result]) -> (Int, Int)? {
        for index in a.indices where a[index] != b[index] { return (index, a[index].result) }
        return nil
    }
    private func run(_ program: HostProgram) -> [Result] {
        let results = script(program)
        cleanUp(program)
        return results
    }

    // MARK: The script

    private func script(_ program: HostProgram) -> [Result] {
        var results: [Result] = []
        program.clearMemory()
        @discardableResult
        func call(_ number: SystemCallNumber, _ arguments: [Int]) -> Int {
            var all = arguments
            while all.count < 6 { all.append(0) }
            let result = program.call(number, all[0], all[1], all[2], all[3], all[4], all[5])
            // Identifiers of System V's objects grow from run to run.
            let isIdentifier = [.shmget, .semget, .msgget].contains(number)
            results.append(
                Result(name: "\(number)", result: isIdentifier ? min(result, 0) : result))
            return result
        }
        files(program, call)
        events(program, call)
        sockets(program, call)
        memory(program, call)
        interprocess(program, call)
        return results
    }
    private typealias Call = (SystemCallNumber, [Int]) -> Int

    private func files(_ program: HostProgram, _ call: Call) {
        let page = program.room(4096)
        let path = program.text("/d/file")
        _ = call(.mkdir, [program.text("/d"), 0o755])
        let file = call(.open, [path, 0o102, 0o644])
        for _ in 0..<3 { _ = call(.write, [file, page, 4096]) }
        _ = call(.pwrite64, [file, page, 100, 1 << 30])
        _ = call(.pwrite64, [file, page, 100, 5_000_000])
        _ = call(.pread64, [file, page, 4096, 8192])
        _ = call(.ftruncate, [file, 1_000_000])
        _ = call(.fallocate, [file, 0, 20000, 30000])
        _ = call(.fallocate, [file, 3, 20000, 8192])
        _ = call(.symlink, [program.text("file"), program.text("/d/link")])
        _ = call(.link, [path, program.text("/d/name")])
        for index in 0..<12 {
            let name = program.text(
                "/d/a name that is long enough to need room of its own \(index)")
            _ = call(.mknod, [name, 0o100644, 0])
        }
        _ = call(.mknod, [program.text("/d/fifo"), 0o010644, 0])
        _ = call(.rename, [program.text("/d/name"), program.text("/d/another name")])
        _ = call(.stat, [program.text("/d/link"), page])
        _ = call(.chdir, [program.text("/d")])
        _ = call(.getcwd, [page, 4096])
        _ = call(.chdir, [program.text("/")])
        let folder = call(.open, [program.text("/d"), 0o200000, 0])
        _ = call(.getdents64, [folder, page, 4096])
        let other = call(.open, [program.text("/d"), 0o20200002, 0o600])
        _ = call(.lseek, [file, 0, 0])
        _ = call(.sendfile, [other, file, 0, 10000])
        _ = call(.copyFileRange, [file, 0, other, 0, 10000, 0])
        let vectors = program.words(page, 100, page, 200)
        _ = call(.writev, [other, vectors, 2])
        _ = call(.readv, [file, vectors, 2])
        _ = call(.memfdCreate, [program.text("memory"), 1])
        _ = call(.dup2, [file, 700])
        _ = call(.dup3, [file, 900, 0o2000000])
        _ = call(.fcntl, [file, 0, 1000])
        _ = call(.flock, [file, 2])
        let lock = program.words(1, 10, 20, 0)
        _ = call(.fcntl, [file, 6, lock])
        for index in 0..<3 {
            _ = call(.fcntl, [file, 37, program.words(index % 2, index * 5, 20, 0)])
            _ = call(.setxattr, [path, program.text("user.name \(index)"), page, 3000, 0])
        }
        _ = call(.removexattr, [path, program.text("user.name 1")])
        _ = call(.mknod, [program.text("/d/null"), 0o020644, 0x103])
        _ = call(.setgroups, [4, program.words(1, 2)])
        let ends = program.room(8)
        guard call(.pipe2, [ends, 0o4000]) == 0,
            let reading = program.load(Int32.self, at: ends),
            let writing = program.load(Int32.self, at: ends + 4)
        else { return }
        for _ in 0..<3 { _ = call(.write, [Int(writing), page, 4096]) }
        _ = call(.fcntl, [Int(writing), 1031, 1 << 18])
        _ = call(.read, [Int(reading), page, 4096])
    }

    private func interprocess(_ program: HostProgram, _ call: Call) {
        let page = program.room(8192)
        let segment = call(.shmget, [0, 20000, 0o600])
        let first = call(.shmget, [7, 1, 0o1600])
        _ = call(.shmget, [7, 1, 0o600])
        let place = call(.shmat, [segment, 0, 0])
        if place > 0 {
            _ = call(.mprotect, [place + 4096, 4096, 1])
            _ = call(.shmctl, [segment, 2, page])
            _ = call(.shmdt, [place])
        }
        _ = call(.shmctl, [segment, 0, 0])
        _ = call(.shmctl, [first, 0, 0])
        let set = call(.semget, [0, 3000, 0o600])
        let operations = program.bytes([0, 0, 1, 0, 0, 0x10, 1, 0, 2, 0, 0, 0x10])
        _ = call(.semop, [set, operations, 2])
        _ = call(.semctl, [set, 0, 13, page])
        _ = call(.semctl, [set, 0, 17, page])
        // One that can't be done: it waits for no time.
        let take = program.bytes([9, 0, 0xff, 0xff, 0, 0x10])
        _ = call(.semtimedop, [set, take, 1, program.words(0, 0)])
        _ = call(.semctl, [set, 0, 0, 0])
        let queue = call(.msgget, [0, 0o600])
        program.store(3, at: page)
        for size in [0, 10, 5000] { _ = call(.msgsnd, [queue, page, size, 0o4000]) }
        _ = call(.msgrcv, [queue, page, 100, 0, 0o4000])
        _ = call(.msgctl, [queue, 2, page])
        _ = call(.msgctl, [queue, 0, 0])
        let name = program.text("queue")
        let posix = call(.mqOpen, [name, 0o4102, 0o600, program.words(0, 3, 3000, 0, 0, 0, 0, 0)])
        for priority in [1, 2] { _ = call(.mqTimedsend, [posix, page, 2000, priority, 0]) }
        _ = call(.mqTimedreceive, [posix, page, 3000, 0, 0])
        _ = call(.mqUnlink, [name])
    }

    private func events(_ program: HostProgram, _ call: Call) {
        let page = program.room(4096)
        let set = call(.epollCreate1, [0])
        let counter = call(.eventfd2, [1, 0o4000])
        let timer = call(.timerfdCreate, [1, 0o4000])
        let mask = program.words(0x200)
        let signals = call(.signalfd4, [-1, mask, 8, 0o4000])
        for file in [counter, timer, signals] {
            let event = program.bytes([1, 0, 0, 0] + [UInt8](repeating: 7, count: 8))
            _ = call(.epollCtl, [set, 1, file, event])
        }
        let outer = call(.epollCreate1, [0])
        _ = call(.epollCtl, [outer, 1, set, program.bytes([UInt8](repeating: 1, count: 12))])
        _ = call(.timerfdSettime, [timer, 0, program.words(1000, 0, 1000, 0), 0])
        _ = call(.epollWait, [outer, page, 8, 0])
        let entries = program.words(counter | 1 << 32, timer | 1 << 32, signals | 1 << 32)
        _ = call(.poll, [entries, 3, 0])
        _ = call(.poll, [entries + 8, 2, 1])
        _ = call(.read, [counter, page, 8])
        let identifier = program.room(4)
        if call(.timerCreate, [1, 0, identifier]) == 0,
            let number = program.load(Int32.self, at: identifier)
        {
            _ = call(.timerSettime, [Int(number), 0, program.words(1000, 0, 1000, 0), 0])
            _ = call(.timerDelete, [Int(number)])
        }
        _ = call(.setitimer, [0, program.words(1000, 0, 1000, 0), 0])
        _ = call(.rtSigprocmask, [0, program.words(-1), 0, 8])
        let information = program.words(40, 0xffff_ffff, 0, 0, 0, 0, 0, 0)
        for _ in 0..<4 { _ = call(.rtSigqueueinfo, [1, 40, information]) }
        _ = call(.kill, [1, 10])
        _ = call(.read, [signals, page, 4096])
    }

    private func sockets(_ program: HostProgram, _ call: Call) {
        let page = program.room(8192)
        func pair(_ type: Int) -> (Int, Int) {
            let place = program.words(-1)
            _ = call(.socketpair, [1, type | 0o4000, 0, place])
            return (
                Int(program.load(Int32.self, at: place) ?? -1),
                Int(program.load(Int32.self, at: place + 4) ?? -1)
            )
        }
        func name(_ path: String) -> (Int, Int) {
            let bytes = [1, 0] + Array(path.utf8)
            return (program.bytes(bytes), bytes.count)
        }
        for type in [1, 2] {
            let (one, two) = pair(type)
            _ = call(.sendto, [one, page, 100, 0x4000, 0, 0])
            _ = call(.sendto, [one, page, 8192, 0x4000, 0, 0])
            let control = program.words(24, 1 | 1 << 32, one | two << 32)
            let header = program.words(0, 0, program.words(page, 10), 1, control, 24, 0)
            _ = call(.sendmsg, [one, header, 0x4000])
            _ = call(.recvfrom, [two, page, 8192, 0, 0, 0])
            _ = call(.recvmsg, [two, header, 2])
            _ = call(.recvmsg, [two, header, 0])
        }
        let server = call(.socket, [1, 1 | 0o4000, 0])
        let (path, length) = name("/d/socket")
        _ = call(.bind, [server, path, length])
        _ = call(.listen, [server, 3])
        let client = call(.socket, [1, 1 | 0o4000, 0])
        _ = call(.connect, [client, path, length])
        _ = call(.accept, [server, 0, 0])
        let other = call(.socket, [1, 2, 0])
        let (abstract, abstractLength) = name("\0martlet shortage")
        _ = call(.bind, [other, abstract, abstractLength])
    }

    private func memory(_ program: HostProgram, _ call: Call) {
        let space = program.process.addressSpace
        func touch(_ address: Int, _ access: AddressSpace.Access) {
            guard address > 0 else { return }
            _ = space.resolveFault(
                at: VirtualAddress(rawValue: UInt64(address)), access: access)
        }
        let populated = call(.mmap, [0, 5 * 4096, 3, 0x8022, -1, 0])
        let lazy = call(.mmap, [0, 64 * 4096, 3, 0x22, -1, 0])
        touch(lazy + 5 * 4096, .write)
        touch(lazy + 9 * 4096, .read)
        let file = call(.open, [program.text("/d/file"), 2, 0])
        let shared = call(.mmap, [0, 3 * 4096, 3, 1, file, 0])
        touch(shared, .write)
        let own = call(.mmap, [0, 3 * 4096, 3, 2, file, 0])
        touch(own, .read)
        touch(own, .write)
        _ = call(.mprotect, [lazy + 4096, 4096, 1])
        _ = call(.mprotect, [lazy + 7 * 4096, 4096, 1])
        _ = call(.madvise, [lazy, 16 * 4096, 4])
        let moved = call(.mremap, [populated, 5 * 4096, 200 * 4096, 1, 0])
        touch(moved + 100 * 4096, .write)
        _ = call(.mlock, [lazy + 20 * 4096, 4 * 4096])
        _ = call(.munmap, [lazy + 30 * 4096, 4096])
        let end = call(.brk, [0])
        _ = call(.brk, [end + 100_000])
        touch(end + 50_000, .write)
        let large = call(.mmap, [0, 4 << 20, 3, 0x22, -1, 0])
        touch(large + (2 << 20), .write)
        _ = call(.msync, [shared, 4096, 4])
    }

    /// Ends all that the script may have begun, whatever failed.
    private func cleanUp(_ program: HostProgram) {
        program.clearMemory()
        program.call(.closeRange, 0, 1 << 20, 0)
        let disarmed = program.words(0, 0, 0, 0)
        program.call(.setitimer, 0, disarmed, 0)
        program.call(.rtSigprocmask, 2, program.words(-1), 0, 8)
        while program.call(.rtSigtimedwait, program.words(-1), 0, disarmed, 8) > 0 {}
        program.call(.setgroups, 0, 0)
        // The heap of a process without a program begins at 0.
        program.call(.brk, 0)
        program.call(.munmap, 0x10000, 0x4000_0000_0000 - 0x10000)
        // All but the page that `HostProgram` keeps.
        program.call(.munmap, 0x5000_0000_1000, 0x7fff_ffff_f000 - 0x5000_0000_1000)
        program.call(.chdir, program.text("/"))
        let names =
            ["file", "link", "name", "another name", "fifo", "null", "socket"]
            + (0..<12).map { "a name that is long enough to need room of its own \($0)" }
        for name in names { program.call(.unlink, program.text("/d/" + name)) }
        program.call(.rmdir, program.text("/d"))
        program.clearMemory()
    }
}
