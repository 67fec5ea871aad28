package import LinuxABI
internal import Memory

/// Open files on their way from one socket to another (SCM_RIGHTS), in order; each is held open.
///
/// Whoever has the list installs the files or closes it: going away closes nothing.
package final class PassedFiles {
    private final class Place {
        let file: OpenFile
        var next: Place?
        init(_ file: OpenFile) { self.file = file }
    }
    private var first: Place?
    private var last: Place?
    package private(set) var count = 0

    /// No files yet. ENOMEM.
    package init() throws(Errno) { try KernelReserve.admit() }

    deinit {
        // One after the other: the chain's own release would recurse.
        while let place = first {
            first = place.next
            place.next = nil
        }
    }
    /// Adds a file and holds it open. ENOMEM.
    package func add(_ file: OpenFile) throws(Errno) {
        try KernelReserve.admit()
        let place = Place(file)
        if let last { last.next = place } else { first = place }
        last = place
        count += 1
        file.hold()
    }
    /// Takes the first file out, which stays held for the caller.
    package func takeFirst() -> OpenFile? {
        guard let place = first else { return nil }
        first = place.next
        if first == nil { last = nil }
        count -= 1
        return place.file
    }
    /// Lets go of all files.
    package func close() {
        while let file = takeFirst() { file.letGo() }
    }
    /// The same files once more. ENOMEM.
    func copy() throws(Errno) -> PassedFiles {
        let copy = try PassedFiles()
        var place = first
        while let current = place {
            place = current.next
            do throws(Errno) { try copy.add(current.file) } catch {
                copy.close()
                throw error
            }
        }
        return copy
    }
    func forEach(_ body: (OpenFile) -> Void) {
        var place = first
        while let current = place {
            body(current.file)
            place = current.next
        }
    }
}
