internal import Base
internal import DeviceModels
internal import KVM
internal import LinuxABI
internal import LinuxHost
internal import NucleusInterface
internal import Virtio

/// The host's side of the console: the VMM's standard streams, and the control channel's records.
struct HostConsole: ConsoleHost {
    private let input = InputStream(.standardInput)
    private let output = OutputStream(.standardOutput)
    private let error = OutputStream(.standardError)
    private var parser = ControlParser()
    /// Records that came and were not handled yet.
    private(set) var records: [ControlRecord] = []
    /// Why standard output takes no more.
    private(set) var outputFailure: Errno?

    /// The terminal that standard input is, where it is one.
    var terminal: HostTerminal?
    /// How often the terminal's interrupt character came.
    private(set) var interruptCount = 0

    var inputDescriptor: Descriptor { input.descriptor }
    func descriptor(_ port: Console.Port) -> Descriptor {
        port == .standardError ? error.descriptor : output.descriptor
    }

    mutating func takeRecords() -> [ControlRecord] {
        defer { records.removeAll(keepingCapacity: true) }
        return records
    }

    mutating func send(
        _ port: Console.Port, _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> SendOutcome {
        switch port {
        case .standardInput, .control: return try takeControl(segment, memory)
        case .standardOutput, .standardError:
            let stream = port == .standardError ? error : output
            switch try write(segment, to: stream, memory) {
            case .success(let count): return .sent(count)
            case .failure(.tryAgain), .failure(.interrupted): return .blocked
            // The terminal hung up: SIGHUP says so to the program.
            case .failure(.inputOutput) where terminal != nil:
                return .sent(Int(segment.byteCount))
            case .failure(let reason):
                // Nobody reads it; what standard error loses can't be told anywhere.
                if port == .standardOutput { outputFailure = outputFailure ?? reason }
                return .sent(Int(segment.byteCount))
            }
        }
    }

    private func write(
        _ segment: Segment, to stream: OutputStream, _ memory: GuestMemory
    ) throws(GuestFault) -> Result<Int, Errno> {
        do throws(GuestMemoryError) {
            return try memory.send(
                to: stream, byteCount: Int(segment.byteCount),
                at: PhysicalAddress(rawValue: segment.address))
        } catch { throw GuestFault(error) }
    }

    private mutating func takeControl(
        _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> SendOutcome {
        let count = min(Int(segment.byteCount), NucleusInterface.Control.maximumPayload)
        let bytes: [UInt8]
        do throws(GuestMemoryError) {
            bytes = try memory.bytes(
                at: PhysicalAddress(rawValue: segment.address), byteCount: count)
        } catch { throw GuestFault(error) }
        try parser.append(bytes, to: &records)
        return .sent(count)
    }

    mutating func receive(
        _ segment: Segment, _ memory: GuestMemory
    ) throws(GuestFault) -> ReceiveOutcome {
        do throws(GuestMemoryError) {
            let result = try memory.receive(
                from: input.descriptor, byteCount: Int(segment.byteCount),
                at: PhysicalAddress(rawValue: segment.address))
            switch result {
            case .success(0): return .end
            case .success(let count):
                mayWait = !input.neverWaits
                try noteInterrupts(segment, count, memory)
                return .received(count)
            case .failure(.tryAgain), .failure(.interrupted): return .nothing
            // Another job of the shell took the terminal meanwhile.
            case .failure where terminal?.isInput == true && terminal?.isForeground == false:
                return .nothing
            // A directory, a terminal that hung up: as good as the end.
            case .failure: return .end
            }
        } catch { throw GuestFault(error) }
    }
    private(set) var mayWait = false

    /// Looks for the interrupt character in what is typed, of which little comes at once.
    private mutating func noteInterrupts(
        _ segment: Segment, _ count: Int, _ memory: GuestMemory
    ) throws(GuestMemoryError) {
        guard let terminal, terminal.isInput, count <= 16 else { return }
        let bytes = try memory.bytes(
            at: PhysicalAddress(rawValue: segment.address), byteCount: count)
        if bytes.contains(terminal.interruptCharacter) { interruptCount += 1 }
    }
}
