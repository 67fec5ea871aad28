internal import LinuxABI
internal import Base

/// What has a number by which it is found.
protocol Numbered: AnyObject {
    var number: Int32 { get }
    /// The next one of the same bucket.
    var nextInTable: Self? { get set }
}

/// Objects by their numbers: 256 lists.
///
/// A class, so that looking into it copies nothing.
final class NumberTable<Element: Numbered> {
    private var buckets = InlineArray<256, Element?>(repeating: nil)

    private static func bucket(_ number: Int32) -> Int { Int(number & 255) }

    subscript(number: Int32) -> Element? {
        var element = buckets[Self.bucket(number)]
        while let current = element, current.number != number { element = current.nextInTable }
        return element
    }
    func add(_ element: Element) {
        let bucket = Self.bucket(element.number)
        element.nextInTable = buckets[bucket]
        buckets[bucket] = element
    }
    func remove(_ element: Element) {
        let bucket = Self.bucket(element.number)
        var before: Element?
        var here = buckets[bucket]
        while let current = here, current !== element {
            before = current
            here = current.nextInTable
        }
        guard here != nil else { return }
        if let before {
            before.nextInTable = element.nextInTable
        } else {
            buckets[bucket] = element.nextInTable
        }
        element.nextInTable = nil
    }
}

/// The machine's processes and threads, and their numbers, which both have in common.
package enum ProcessTable {
    private static let processes = Global(NumberTable<Process>())
    private static let threads = Global(NumberTable<ProgramThread>())
    // Processes, oldest first.
    private static let oldest = Global<Process?>(nil)
    private static let newest = Global<Process?>(nil)
    private static let counts = Global((processes: 0, threads: 0, made: 0))
    private static let gone = Global(ResourceUsage())
    private static let last = Global<Int32>(0)
    private static let hasWrapped = Global(false)

    /// Numbers are below this (kernel.pid_max).
    package static let limit: Int32 = 4_194_304
    /// After the last one, numbers go on here (RESERVED_PIDS).
    private static let firstAgain: Int32 = 300

    /// The number that was given out last (the last word of /proc/loadavg).
    package static var lastIdentifier: Int32 { last.value }
    package static var processCount: Int { counts.value.processes }
    package static var threadCount: Int { counts.value.threads }
    /// Processes and threads that were ever made (`processes` of /proc/stat).
    package static var madeCount: Int { counts.value.made }
    /// Processes and threads, ended ones that nobody waited for yet included.
    package static var taskCount: Int {
        var count = threadCount
        forEach { if $0.leader == nil { count += 1 } }
        return count
    }
    /// What processes used that nobody can find any more.
    package static var usedByGone: ResourceUsage { gone.value }

    /// A process by its number, ended ones that nobody waited for yet included.
    package static func find(_ identifier: Int32) -> Process? { processes.value[identifier] }
    /// A thread by its number.
    package static func thread(_ identifier: Int32) -> ProgramThread? { threads.value[identifier] }
    /// The process whose number this is, or that of one of its threads.
    package static func process(ofAny identifier: Int32) -> Process? {
        find(identifier) ?? thread(identifier)?.process
    }
    /// The process with the lowest number that is at least `number`.
    package static func next(from number: Int32) -> Process? {
        guard number < limit else { return nil }
        // Most numbers follow one another.
        for number in number..<number + 16 {
            if let process = find(number) { return process }
        }
        var lowest: Process?
        forEach {
            if $0.identifier >= number, $0.identifier < lowest?.identifier ?? .max { lowest = $0 }
        }
        return lowest
    }

    /// Calls `body` with each process that has not been waited for, oldest first.
    package static func forEach<Failure: Error>(
        _ body: (Process) throws(Failure) -> Void
    ) throws(Failure) {
        var process = oldest.value
        while let current = process {
            process = current.nextProcess
            try body(current)
        }
    }
    /// The oldest process of which something is so.
    package static func first(where isIt: (Process) -> Bool) -> Process? {
        var process = oldest.value
        while let current = process, !isIt(current) { process = current.nextProcess }
        return process
    }
    package static func contains(where isIt: (Process) -> Bool) -> Bool {
        first(where: isIt) != nil
    }
    /// Whether a process belongs to a process group.
    package static func hasGroup(_ group: Int32) -> Bool { contains { $0.group == group } }

    /// A number that nothing has, or a wanted one. EAGAIN where there is none, EEXIST where it is taken,
    /// EINVAL.
    static func takeIdentifier(_ wanted: Int32? = nil) throws(Errno) -> Int32 {
        if let wanted {
            guard (1..<limit).contains(wanted) else { throw .invalidArgument }
            guard isFree(wanted) else { throw .fileExists }
            // It may come up again.
            hasWrapped.value = true
            return wanted
        }
        for _ in 0..<limit {
            last.value += 1
            if last.value >= limit {
                last.value = firstAgain
                hasWrapped.value = true
            }
            if !hasWrapped.value || isFree(last.value) { return last.value }
        }
        throw .tryAgain
    }
    private static func isFree(_ number: Int32) -> Bool {
        find(number) == nil && thread(number) == nil
            && !contains { $0.group == number || $0.session == number }
    }

    static func add(_ process: Process) {
        processes.value.add(process)
        process.previousProcess = newest.value
        if let newest = newest.value {
            newest.nextProcess = process
        } else {
            oldest.value = process
        }
        newest.value = process
        counts.value.processes += 1
    }
    static func remove(_ process: Process) {
        gone.value += process.usage
        processes.value.remove(process)
        let (before, after) = (process.previousProcess, process.nextProcess)
        if let before { before.nextProcess = after } else { oldest.value = after }
        if let after { after.previousProcess = before } else { newest.value = before }
        process.previousProcess = nil
        process.nextProcess = nil
        counts.value.processes -= 1
    }
    static func add(_ thread: ProgramThread) {
        threads.value.add(thread)
        counts.value.threads += 1
    }
    /// Counts a process's or a thread's making.
    static func countMade() { counts.value.made += 1 }
    static func remove(_ thread: ProgramThread) {
        threads.value.remove(thread)
        counts.value.threads -= 1
    }
    /// Forgets everything, before a test makes a first process again.
    package static func reset() {
        processes.value = NumberTable<Process>()
        threads.value = NumberTable<ProgramThread>()
        oldest.value = nil
        newest.value = nil
        counts.value = (0, 0, 0)
        gone.value = ResourceUsage()
        last.value = 0
        hasWrapped.value = false
    }
}
