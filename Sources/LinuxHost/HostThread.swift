internal import Glibc
package import LinuxABI

/// A thread of the VMM.
@safe package struct HostThread: ~Copyable, @unchecked Sendable {
    private let identity: pthread_t

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts `body` on a new thread.
    package init(_ body: @escaping @Sendable () -> Void) throws(Errno) {
        var identity = pthread_t()
        let argument = unsafe Unmanaged.passRetained(Body(body))
        let result = unsafe pthread_create(
            &identity, nil,
            { raw in
                // SAFETY: the one retain of `passRetained` above is taken over here, once.
                if let raw = unsafe raw {
                    unsafe Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run()
                }
                return nil
            }, unsafe argument.toOpaque())
        guard result == 0 else {
            unsafe argument.release()
            throw Errno(rawValue: result)
        }
        self.identity = identity
    }

    /// Waits for the thread's end.
    package consuming func join() { _ = pthread_join(identity, nil) }
}
