import Base
import Files
import Hardware
import LinuxABI
import Memory
import Processes
import Scheduler
import TestSupport

@testable import SystemCalls

/// A process on the host whose system calls a test makes: its registers and memory are this
/// process's own.
final class HostProgram {
    let process: Process
    let root: DirectoryEntry
    private let registers: UnsafeMutableRawPointer
    private let memory: UnsafeMutableRawPointer
    private static let memorySize = 1 << 16
    private var taken = 0

    init() throws {
        TestArena.prepare()
        let files = try RootFileSystem()
        root = files.root
        let thread = Thread(identifier: 1)
        Thread.setCurrent(thread)
        process = Process(
            addressSpace: try AddressSpace(
                sharingLibraryOf: nil, layout: AddressLayout(entropy: .none)), root: root,
            workingDirectory: root, thread: thread)
        Process.setCurrent(process)
        registers = .allocate(byteCount: 0xb0, alignment: 16)
        registers.initializeMemory(as: UInt8.self, repeating: 0, count: 0xb0)
        memory = .allocate(byteCount: Self.memorySize, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.memorySize)
        // A program is never without any page: one that stays.
        call(.mmap, 0x5000_0000_0000, 4096, 3, 0x8032, -1, 0)
    }
    deinit {
        registers.deallocate()
        memory.deallocate()
    }

    /// Makes a system call and returns what the program would find in RAX.
    @discardableResult
    func call(_ number: SystemCallNumber, _ arguments: Int...) -> Int {
        let frame = ProgramFrame(at: registers)
        frame[.vector] = 0x100
        frame[.originalRAX] = number.rawValue
        let places: [ProgramFrame.Register] = [.rdi, .rsi, .rdx, .r10, .r8, .r9]
        for (index, place) in places.enumerated() {
            let value = index < arguments.count ? arguments[index] : 0
            frame[place] = UInt64(bitPattern: Int64(value))
        }
        SystemCalls.dispatch(frame: frame)
        return Int(Int64(bitPattern: frame.result))
    }

    /// Forgets what `bytes`, `text` and `room` gave.
    func clearMemory() {
        taken = 0
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.memorySize)
    }
    /// The address of `count` bytes of program memory.
    func room(_ count: Int) -> Int {
        precondition(taken + count <= Self.memorySize)
        defer { taken = (taken + count + 15) & ~15 }
        return Int(bitPattern: memory) + taken
    }
    func text(_ text: String) -> Int { bytes(Array(text.utf8) + [0]) }
    func bytes(_ bytes: [UInt8]) -> Int {
        let address = room(bytes.count)
        UnsafeMutableRawPointer(bitPattern: address)?.copyMemory(
            from: bytes, byteCount: bytes.count)
        return address
    }
    func words(_ words: Int...) -> Int {
        let address = room(words.count * 8)
        for (index, word) in words.enumerated() { store(word, at: address + index * 8) }
        return address
    }
    func store<Value: BitwiseCopyable>(_ value: Value, at address: Int) {
        UnsafeMutableRawPointer(bitPattern: address)?.storeBytes(of: value, as: Value.self)
    }
    func load<Value: BitwiseCopyable>(_ type: Value.Type, at address: Int) -> Value? {
        UnsafeRawPointer(bitPattern: address)?.loadUnaligned(as: Value.self)
    }
}
