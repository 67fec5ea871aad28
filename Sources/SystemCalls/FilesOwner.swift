internal import Base
internal import Files
internal import Hardware
internal import LinuxABI
internal import Processes
internal import Scheduler

// Signals of open files: F_SETOWN and its kin, and O_ASYNC (fcntl(2), "Managing signals").
extension SystemCalls {
    /// F_SETOWN: a process, or the negative number of a group; 0: nobody. EINVAL, ESRCH.
    static func setOwner(
        _ caller: Caller, _ file: OpenFile, _ number: Int32
    ) throws(Errno) {
        guard number != .min else { throw .invalidArgument }
        try setOwner(
            caller, file, number < 0 ? .group : .process, number < 0 ? -number : number)
    }
    /// F_SETOWN_EX. EFAULT, EINVAL, ESRCH.
    static func setOwner(
        _ caller: Caller, _ file: OpenFile, at address: VirtualAddress
    ) throws(Errno) {
        let kind = try ProgramMemory.load(Int32.self, at: address)
        let number = try ProgramMemory.load(Int32.self, at: field(address, 4))
        guard let kind = SignalDrive.Owner(rawValue: kind) else { throw .invalidArgument }
        try setOwner(caller, file, kind, number)
    }
    private static func setOwner(
        _ caller: Caller, _ file: OpenFile, _ kind: SignalDrive.Owner, _ number: Int32
    ) throws(Errno) {
        let exists =
            switch kind {
            case .thread: ProcessTable.thread(number) != nil
            case .process: ProcessTable.find(number) != nil
            case .group: ProcessTable.hasGroup(number)
            }
        guard number == 0 || exists else { throw .noSuchProcess }
        let drive = try makeDrive(caller, file)
        drive.owner = kind
        drive.identifier = number
    }
    /// F_GETOWN
    static func owner(of file: OpenFile) -> Int {
        guard let drive = file.drive else { return 0 }
        return Int(drive.owner == .group ? -drive.identifier : drive.identifier)
    }
    /// F_GETOWN_EX
    static func storeOwner(of file: OpenFile, at address: VirtualAddress) throws(Errno) {
        try ProgramMemory.store(
            (file.drive?.owner ?? .thread).rawValue, at: address)
        try ProgramMemory.store(file.drive?.identifier ?? 0, at: field(address, 4))
    }
    /// F_SETSIG. EINVAL.
    static func setSignal(
        _ caller: Caller, _ file: OpenFile, _ number: UInt64
    ) throws(Errno) {
        guard number <= 64 else { throw .invalidArgument }
        try makeDrive(caller, file).signal = Int32(number)
    }
    /// O_ASYNC by F_SETFL or FIOASYNC.
    static func setSignalling(
        _ caller: Caller, _ file: OpenFile, _ descriptor: Int32, _ isOn: Bool
    ) throws(Errno) {
        if isOn, file.canSignal { try makeDrive(caller, file).descriptor = descriptor }
        try file.setSignalling(isOn)
    }

    private static func makeDrive(
        _ caller: Caller, _ file: OpenFile
    ) throws(Errno) -> SignalDrive {
        let drive = try file.makeDrive()
        guard drive.send == nil else { return drive }
        drive.send = { drive, event in
            guard drive.identifier != 0 else { return }
            switch drive.owner {
            case .thread:
                // It may have ended.
                guard let thread = ProcessTable.thread(drive.identifier) else { return }
                send(drive, event, to: thread.process, thread)
            case .process:
                guard let process = ProcessTable.find(drive.identifier) else { return }
                send(drive, event, to: process, nil)
            case .group:
                ProcessTable.forEach {
                    if $0.group == drive.identifier { send(drive, event, to: $0, nil) }
                }
            }
        }
        return drive
    }
    private static func send(
        _ drive: SignalDrive, _ event: Readiness, to process: Process, _ thread: ProgramThread?
    ) {
        guard process.end == nil else { return }
        // POLL_IN and POLL_OUT, with the bits of poll(2) that Linux says with them.
        let isReadable = event.contains(.readable)
        let signal = Signal(rawValue: drive.signal)
        let information =
            signal.map {
                SignalInformation(
                    $0, SignalCode(rawValue: isReadable ? 1 : 2),
                    band: isReadable ? 0x41 : 0x304, descriptor: drive.descriptor)
            } ?? SignalInformation(.inputOutput, .kernel)
        // Where the queue is full Linux sends a plain SIGIO.
        do throws(Errno) {
            try process.post(signal ?? .inputOutput, information, toThread: thread)
        } catch {
            Processes.post(.inputOutput, to: process, SignalInformation(.inputOutput, .kernel))
        }
    }
}
