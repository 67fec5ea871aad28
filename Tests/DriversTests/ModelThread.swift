import Base
import DeviceModels
import Dispatch
import Drivers
import Hardware
import KVM
import LinuxHost
import Synchronization
import TestSupport
import Testing
import Virtio

/// The test arena as the VMM sees a machine's RAM: the driver's direct map is the device's memory.
enum SharedRAM {
    static let memory: GuestMemory? = {
        TestArena.prepare()
        let base = DirectMap.address(of: Frame(number: 0))
        guard let start = UnsafeMutableRawPointer(bitPattern: UInt(base.rawValue)),
            let mapping = try? Mapping.adopting(
                start, byteCount: Int(TestArena.frameCount) << Page.shift)
        else { return nil }
        return GuestMemory(adopting: mapping)
    }()
}

/// What the host's side of the ports gave and got.
final class FarSide: Sendable {
    struct State: Sendable {
        var output: [UInt8] = []
        var error: [UInt8] = []
        var control: [UInt8] = []
        var input: ArraySlice<UInt8> = []
        var inputEnds = false
        var random: SeededRandom
    }
    let state: Mutex<State>
    init(seed: UInt64) { state = Mutex(State(random: SeededRandom(seed: seed))) }
}

/// A host that takes and gives as much as it likes, and now and then nothing.
struct MoodyHost: ConsoleHost {
    let far: FarSide

    mutating func send(
        _ port: Console.Port, _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> SendOutcome {
        let limit = far.state.withLock { state in
            state.random.oneIn(4) ? state.random.pick(0...Int(segment.byteCount)) : nil
        }
        let count = limit ?? Int(segment.byteCount)
        guard count > 0 else { return .blocked }
        let bytes: [UInt8]
        do {
            bytes = try memory.bytes(
                at: PhysicalAddress(rawValue: segment.address), byteCount: count)
        } catch { throw GuestFault(error) }
        far.state.withLock { state in
            switch port {
            case .standardOutput: state.output += bytes
            case .standardError: state.error += bytes
            case .control: state.control += bytes
            case .standardInput: break
            }
        }
        return .sent(count)
    }
    mutating func receive(
        _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> ReceiveOutcome {
        let bytes = far.state.withLock { state -> [UInt8]? in
            if state.input.isEmpty { return state.inputEnds ? [] : nil }
            let most = min(Int(segment.byteCount), state.input.count)
            let count = state.random.pick(1...most)
            defer { state.input = state.input.dropFirst(count) }
            return [UInt8](state.input.prefix(count))
        }
        guard let bytes else { return .nothing }
        guard !bytes.isEmpty else { return .end }
        do { try memory.store(bytes, at: PhysicalAddress(rawValue: segment.address)) } catch {
            throw GuestFault(error)
        }
        return .received(bytes.count)
    }
}

/// The VMM's console model on a thread of its own, which sleeps until a doorbell rings.
final class ModelThread: DeviceWindow, @unchecked Sendable {
    let device: Mutex<MMIODevice<ConsoleModel<MoodyHost>>>
    let far: FarSide
    private let memory: GuestMemory
    private let bell = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)
    private let isStopping = Atomic(false)
    /// What the guest did wrong, as the VMM would say.
    let fault = Mutex<String?>(nil)

    init(memory: GuestMemory) throws {
        self.memory = memory
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        let far = FarSide(seed: seed)
        self.far = far
        device = Mutex(MMIODevice(ConsoleModel(host: MoodyHost(far: far))))
        _ = try HostThread { self.run() }
    }
    func ring() { bell.signal() }
    func stop() {
        isStopping.store(true, ordering: .releasing)
        ring()
        hasEnded.wait()
    }
    private func run() {
        defer { hasEnded.signal() }
        while true {
            bell.wait()
            if isStopping.load(ordering: .acquiring) { return }
            var again = true
            while again, !isStopping.load(ordering: .relaxed) {
                again = serve()
            }
        }
    }
    /// Serves once; returns whether the loop of the VMM would come back at once.
    private func serve() -> Bool {
        do {
            return try device.withLock { device in
                _ = try device.serve(memory)
                if device.model.wantsInput { _ = try device.model.serveInput(memory) }
                let hasInput = far.state.withLock { !$0.input.isEmpty || $0.inputEnds }
                return device.model.hasMore || device.model.wantsInput && hasInput
                    || device.model.isBlocked(.standardOutput)
                    || device.model.isBlocked(.standardError)
                    || device.model.isBlocked(.control)
            }
        } catch {
            fault.withLock { $0 = "\(error)" }
            return false
        }
    }

    func load8(at offset: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: load(offset, 1)) }
    func load16(at offset: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: load(offset, 2)) }
    func load32(at offset: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: load(offset, 4)) }
    private func load(_ offset: UInt32, _ byteCount: Int) -> UInt64 {
        device.withLock { device in
            do { return try device.load(at: offset, byteCount: byteCount) } catch {
                fault.withLock { $0 = "\(error)" }
                return 0
            }
        }
    }
    func store32(_ value: UInt32, at offset: UInt32) {
        let rings = device.withLock { device in
            do {
                return try device.store(UInt64(value), at: offset, byteCount: 4, memory)
            } catch {
                fault.withLock { $0 = "\(error)" }
                return false
            }
        }
        if rings { ring() }
    }
}
