internal import Base
internal import LinuxABI

/// System V interprocess communication (svipc(7)): what all processes of the machine share, made when
/// somebody first asks for it.
package enum IPC {
    // ENOMEM where there is no room for the table.
    private static let memory = Global<SharedMemory?>(nil)

    /// The segments, if there ever was one.
    package static var sharedMemoryIfAny: SharedMemory? { memory.value }
    /// The segments. ENOMEM.
    package static var sharedMemory: SharedMemory {
        get throws(Errno) {
            if let memory = memory.value { return memory }
            try admitObject()
            let new = SharedMemory()
            memory.value = new
            return new
        }
    }
}
