internal import Base
internal import LinuxABI

/// The objects of one kind, by identifier (ipc/util.c).
///
/// An identifier is an index and, above it, a number that grows each time the indices begin anew, so that
/// one which was removed does not soon mean another object. Indices are used in turn, as Linux does.
final class IPCTable<Object: IPCObject> {
    /// IPCMNI: the most objects there can be.
    static var capacity: Int { 32768 }
    private static var indexShift: Int32 { 15 }
    /// Indices that are used before the first comes again (ipc_min_cycle).
    private static var leastCycle: Int { 64 }

    /// Objects whose indices follow one another.
    private final class Page {
        static var capacity: Int { 64 }
        var objects = InlineArray<64, Object?>(repeating: nil)
        var count = 0
    }
    private var pages = InlineArray<512, Page?>(repeating: nil)
    private(set) var count = 0
    /// The highest index in use; -1: none.
    private(set) var highestIndex = -1
    private var cursor = 0
    private var lastIndex = -1
    private var sequence: Int32 = 0

    init() {}

    /// Gives an object its identifier. ENOMEM; ENOSPC where there are `limit` already.
    func add(_ object: Object, limit: Int = capacity) throws(Errno) {
        guard count < min(limit, Self.capacity) else { throw .noSpace }
        let end = min(max(count * 3 / 2, Self.leastCycle), Self.capacity)
        guard let index = freeIndex(from: cursor, to: end) ?? freeIndex(from: 0, to: end) else {
            throw .noSpace
        }
        if pages[index / Page.capacity] == nil {
            try admitObject()
            pages[index / Page.capacity] = Page()
        }
        guard let page = pages[index / Page.capacity] else { throw .outOfMemory }
        cursor = index + 1
        if index <= lastIndex { sequence = sequence + 1 < 65535 ? sequence + 1 : 0 }
        lastIndex = index
        page.objects[index % Page.capacity] = object
        page.count += 1
        count += 1
        highestIndex = max(highestIndex, index)
        object.identifier = sequence << Self.indexShift + Int32(index)
        object.permission.sequence = UInt16(sequence)
    }
    private func freeIndex(from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end {
            guard let page = pages[index / Page.capacity] else { return index }
            if page.count == Page.capacity {
                index = (index / Page.capacity + 1) * Page.capacity
                continue
            }
            if page.objects[index % Page.capacity] == nil { return index }
            index += 1
        }
        return nil
    }
    /// Takes an object out. Precondition: it is here.
    func remove(_ object: Object) {
        let index = Self.index(object.identifier)
        guard let page = pages[index / Page.capacity] else { return }
        page.objects[index % Page.capacity] = nil
        page.count -= 1
        if page.count == 0 { pages[index / Page.capacity] = nil }
        count -= 1
        object.isRemoved = true
        while highestIndex >= 0, self[highestIndex] == nil { highestIndex -= 1 }
    }

    private static func index(_ identifier: Int32) -> Int {
        Int(identifier & (1 << indexShift - 1))
    }
    private subscript(index: Int) -> Object? {
        pages[index / Page.capacity]?.objects[index % Page.capacity]
    }
    /// The object of an identifier. EINVAL.
    func find(_ identifier: Int32) throws(Errno) -> Object {
        guard identifier >= 0, let object = self[Self.index(identifier)],
            object.identifier == identifier
        else { throw .invalidArgument }
        return object
    }
    /// The object that a call asks about. EACCES, EINVAL.
    func find(_ name: IPCName, by caller: IPCCaller) throws(Errno) -> Object {
        switch name {
        case .identifier(let identifier):
            let object = try find(identifier)
            try object.permission.require(.read, caller)
            return object
        case .index(let index):
            let object = try find(index: index)
            try object.permission.require(.read, caller)
            return object
        case .anyIndex(let index): return try find(index: index)
        }
    }
    private func find(index: Int32) throws(Errno) -> Object {
        guard index >= 0, let object = self[Self.index(index)] else { throw .invalidArgument }
        return object
    }
    /// The object of a key, which is not IPC_PRIVATE.
    private func find(key: Int32) -> Object? {
        var found: Object?
        forEach { if found == nil, $0.permission.key == key { found = $0 } }
        return found
    }
    /// Calls `body` with each object, lowest index first. Nothing may come or go meanwhile.
    func forEach(_ body: (Object) -> Void) {
        for number in 0..<(highestIndex / Page.capacity + 1) {
            guard let page = pages[number] else { continue }
            for index in 0..<Page.capacity {
                if let object = page.objects[index] { body(object) }
            }
        }
    }

    /// Finds the object of a key or makes it, as shmget(2) and its like do (ipcget). EACCES, EEXIST,
    /// EINVAL where `fits` says so, ENOENT and what `make` says.
    func get(
        key: Int32, _ flags: IPCGetFlags, by caller: IPCCaller, fits: (Object) -> Bool,
        make: () throws(Errno) -> Object
    ) throws(Errno) -> Int32 {
        let isPrivate = key == 0
        guard !isPrivate, let object = find(key: key) else {
            guard isPrivate || flags.contains(.create) else { throw .noSuchFile }
            return try make().identifier
        }
        guard !flags.isSuperset(of: [.create, .exclusive]) else { throw .fileExists }
        guard fits(object) else { throw .invalidArgument }
        guard object.permission.allows(flags.rawValue, caller) else { throw .permissionDenied }
        return object.identifier
    }
}
