internal import Base
internal import LinuxABI

/// System V interprocess communication (svipc(7)): what all processes of the machine share, made when
/// somebody first asks for it.
package enum IPC {
    private static let memory = Global<SharedMemory?>(nil)
    private static let sets = Global<Semaphores?>(nil)
    private static let queues = Global<MessageQueues?>(nil)

    /// The segments, the sets and the queues, if there ever was one.
    package static var sharedMemoryIfAny: SharedMemory? { memory.value }
    package static var semaphoresIfAny: Semaphores? { sets.value }
    package static var messageQueuesIfAny: MessageQueues? { queues.value }

    /// The segments. ENOMEM.
    package static var sharedMemory: SharedMemory {
        get throws(Errno) { try find(memory) { SharedMemory() } }
    }
    /// The sets of semaphores. ENOMEM.
    package static var semaphores: Semaphores {
        get throws(Errno) { try find(sets) { Semaphores() } }
    }
    /// The queues of messages. ENOMEM.
    package static var messageQueues: MessageQueues {
        get throws(Errno) { try find(queues) { MessageQueues() } }
    }
    private static func find<Objects>(
        _ place: borrowing Global<Objects?>, _ make: () -> Objects
    ) throws(Errno) -> Objects {
        if let objects = place.value { return objects }
        try admitObject()
        let new = make()
        place.value = new
        return new
    }

    /// Makes the adjustments to semaphores that a process left (SEM_UNDO): to be called once when it ends.
    package static func processEnded(_ process: Process) {
        process.semaphoreUndo.release(process: process.identifier)
    }
}
