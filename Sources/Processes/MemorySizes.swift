package import Base
internal import Files
package import Memory

/// What a program's mappings sum up to, by a walk over what is present.
package struct MemorySizes {
    package private(set) var anonymousPages = 0
    /// The same in bytes, and those of all pages, each divided by the number of mappings that have it.
    package private(set) var proportionalAnonymousBytes = 0
    package private(set) var proportionalBytes = 0
    /// Of these, pages that are part of large ones.
    package private(set) var largePages = 0
    package private(set) var filePages = 0
    /// Pages of shared anonymous memory.
    package private(set) var sharedMemoryPages = 0
    package private(set) var stackBytes: UInt64 = 0
    /// Code of the program, and code of other files.
    package private(set) var programBytes: UInt64 = 0
    package private(set) var libraryBytes: UInt64 = 0

    package init(of process: Process) { self.init(of: process.memory) }
    @export(interface)
    package init(of memory: ProcessMemory) {
        let space = memory.space
        var next = space.firstRegion
        while let region = next {
            next = space.region(after: region)
            let usage = space.usage(of: region)
            anonymousPages += usage.anonymousPages
            largePages += usage.largePages
            proportionalAnonymousBytes += usage.proportionalAnonymousBytes
            proportionalBytes += usage.proportionalBytes
            if region.growsDown { stackBytes += region.byteCount }
            guard region.cache != nil else { continue }
            let isProgram = memory.isProgram(region)
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

extension ProcessMemory {
    /// The program's own code, as its start mapped it; an empty range where there is none.
    package var codeRange: Range<VirtualAddress> {
        var next = space.firstRegion
        while let region = next {
            next = space.region(after: region)
            if region.protection.contains(.execute), isProgram(region) {
                return region.start..<region.end
            }
        }
        return VirtualAddress(rawValue: 0)..<VirtualAddress(rawValue: 0)
    }
    /// Whether a region maps the program's own file, as its start mapped it.
    package func isProgram(_ region: Region) -> Bool {
        guard let cache = region.cache, region.owner == nil,
            let node = executable?.node as? RegularNode
        else { return false }
        return node.pages === cache
    }
}
