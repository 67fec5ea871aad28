package import LinuxABI
internal import Scheduler

/// Which children a wait is for, and for what (wait(2), waitid(2)).
package struct ChildWait: Sendable {
    package enum Choice: Sendable {
        case any
        /// Of a process group.
        case group(Int32)
        case process(Int32)
    }
    package struct Options: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// WNOHANG
        package static let doNotWait = Self(rawValue: 1)
        /// WSTOPPED, WUNTRACED
        package static let stopped = Self(rawValue: 2)
        /// WEXITED
        package static let ended = Self(rawValue: 4)
        /// WCONTINUED
        package static let continued = Self(rawValue: 8)
        /// WNOWAIT: it can be waited for again.
        package static let leave = Self(rawValue: 0x0100_0000)
        /// __WNOTHREAD: only children of the calling thread.
        package static let ofThread = Self(rawValue: 0x2000_0000)
        /// __WALL
        package static let allKinds = Self(rawValue: 0x4000_0000)
        /// __WCLONE: only those whose end sends another signal than SIGCHLD, or none.
        package static let clones = Self(rawValue: 0x8000_0000)
    }
    package let choice: Choice
    package let options: Options
    package init(_ choice: Choice, _ options: Options) {
        self.choice = choice
        self.options = options
    }
}

/// What a wait found.
package struct WaitedChild {
    package let process: Int32
    /// As wait(2) stores it.
    package let status: Int32
    /// As waitid(2) stores it.
    package let information: SignalInformation
    package let usage: ResourceUsage
}

extension Process {
    /// Waits for a child; `nil` where none is ready and the caller does not want to wait. ECHILD, EINTR as
    /// `restart`.
    package func wait(
        _ wait: ChildWait, by thread: ProgramThread
    ) throws(Errno) -> WaitedChild? {
        var found: WaitedChild?
        var hasAny = false
        let outcome = Wait.until(on: .queue(childChanges)) {
            (found, hasAny) = look(wait, thread)
            return found != nil || !hasAny || wait.options.contains(.doNotWait)
        }
        if let found { return found }
        guard hasAny else { throw .noChild }
        guard outcome != .interrupted else { throw .restart }
        return nil
    }

    private func look(
        _ wait: ChildWait, _ thread: ProgramThread
    ) -> (found: WaitedChild?, hasAny: Bool) {
        var (found, hasAny) = lookAtTracees(wait, thread)
        if found != nil { return (found, true) }
        var child = firstChild
        while let current = child {
            child = current.nextSibling
            guard current.isMeant(by: wait, thread) else { continue }
            // Who ended does nothing any more that other waits are for.
            if current.state == .running || wait.options.contains(.ended) { hasAny = true }
            found = current.take(wait.options, for: self)
            if found != nil { return (found, true) }
        }
        return (nil, hasAny)
    }
    private func isMeant(by wait: ChildWait, _ thread: ProgramThread) -> Bool {
        switch wait.choice {
        case .any: break
        case .group(let group): guard self.group == group else { return false }
        case .process(let identifier): guard self.identifier == identifier else { return false }
        }
        if wait.options.contains(.ofThread), makerIdentifier != thread.thread.identifier {
            return false
        }
        if isTraced(by: thread.process) { return true }
        let isClone = endSignal != Int32(Signal.child.rawValue)
        return wait.options.contains(.allKinds) || isClone == wait.options.contains(.clones)
    }
    /// What of a child can be told; it is told once.
    private func take(_ options: ChildWait.Options, for parent: Process) -> WaitedChild? {
        let leaves = options.contains(.leave)
        if state == .zombie, heldForTracer == nil, let end, options.contains(.ended) {
            let found = found(.ended(end), end.waitStatus)
            if !leaves {
                parent.usedByChildren += found.usage
                parent.addTransfers(of: self)
                disappear()
            }
            return found
        }
        guard state == .running else { return nil }
        if options.contains(.stopped), let signal = signals.stopReport {
            if !leaves { signals.stopReport = nil }
            return found(.stopped(signal), Int32(signal.rawValue) << 8 | 0x7f)
        }
        if options.contains(.continued), signals.hasContinueReport {
            if !leaves { signals.hasContinueReport = false }
            return found(.continued, 0xffff)
        }
        return nil
    }
    private func found(_ change: ChildChange, _ status: Int32) -> WaitedChild {
        var usage = usage
        usage += usedByChildren
        return WaitedChild(
            process: identifier, status: status, information: information(change, .child),
            usage: usage)
    }
}
