internal import Base
internal import Hardware
internal import LinuxABI
internal import Memory
internal import Scheduler

/// The vDSO of every process: one page of numbers that the library OS keeps up to date, and behind
/// it the object whose functions read them.
enum SharedClocks {
    private static let numbers = Global<PageCache?>(nil)
    private static let object = Global<PageCache?>(nil)

    /// Maps both pages and returns where the object is (AT_SYSINFO_EHDR). ENOMEM.
    static func map(into space: AddressSpace) throws(Errno) -> VirtualAddress {
        try KernelReserve.admit()
        let size = UInt64(Page.size)
        guard let start = space.freeRange(below: space.layout.mapBase, byteCount: 2 * size),
            let objectStart = start.advanced(by: size)
        else { throw .outOfMemory }
        _ = try space.map(
            at: start, placement: .fixedNoReplace, byteCount: size, protection: .read,
            backing: .file(try numberPages(), offset: 0), sharing: .shared, maximum: .read)
        _ = try space.map(
            at: objectStart, placement: .fixedNoReplace, byteCount: size,
            protection: [.read, .execute], backing: .file(try objectPages(), offset: 0))
        space.sharedClocks = start
        return objectStart
    }

    private static func numberPages() throws(Errno) -> PageCache {
        if let pages = numbers.value { return pages }
        let pages = PageCache()
        pages.byteCount = Int64(Page.size)
        Clock.share(in: try pages.frame(at: 0))
        numbers.value = pages
        return pages
    }
    private static func objectPages() throws(Errno) -> PageCache {
        if let pages = object.value { return pages }
        let pages = PageCache()
        pages.byteCount = Int64(Page.size)
        try pages.frame(at: 0).write(VDSO.object, at: 0)
        object.value = pages
        return pages
    }
}
