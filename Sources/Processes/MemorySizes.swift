internal import Base
internal import Files
package import Memory

/// What a process's mappings sum up to, by a walk over what is present.
package struct MemorySizes {
    package private(set) var anonymousPages = 0
    /// Of these, pages that are part of large ones.
    package private(set) var largePages = 0
    package private(set) var filePages = 0
    /// Pages of shared anonymous memory.
    package private(set) var sharedMemoryPages = 0
    package private(set) var stackBytes: UInt64 = 0
    /// Code of the program, and code of other files.
    package private(set) var programBytes: UInt64 = 0
    package private(set) var libraryBytes: UInt64 = 0

    @export(interface)
    package init(of process: Process) {
        let space = process.addressSpace
        var next = space.firstRegion
        while let region = next {
            next = space.region(after: region)
            let usage = space.usage(of: region)
            anonymousPages += usage.anonymousPages
            largePages += usage.largePages
            if region.growsDown { stackBytes += region.byteCount }
            guard region.cache != nil else { continue }
            let isProgram = process.isProgram(region)
            let name = space.name(of: region)
            let isFile = isProgram || region.owner != nil
            if isFile || name == .sharedObject || name == .sharedClocks {
                filePages += usage.objectPages
            } else {
                sharedMemoryPages += usage.objectPages
            }
            guard region.protection.contains(.execute) else { continue }
            if isProgram {
                programBytes += region.byteCount
            } else {
                libraryBytes += region.byteCount
            }
        }
    }
}

extension Process {
    /// Whether a region maps the program's own file, as its start mapped it.
    package func isProgram(_ region: Region) -> Bool {
        guard let cache = region.cache, region.owner == nil,
            let node = executable?.node as? RegularNode
        else { return false }
        return node.pages === cache
    }
}
