import Devices

/// Registers of 32 bits that keep what is stored, with a log of the stores.
class ModelWindow: DeviceWindow {
    var words: [UInt32: UInt32] = [:]
    var stores: [Store] = []
    struct Store: Equatable {
        let offset: UInt32
        let value: UInt32
        init(_ offset: UInt32, _ value: UInt32) {
            self.offset = offset
            self.value = value
        }
    }

    func load8(at offset: UInt32) -> UInt8 { fatalError("no access of 8 bits") }
    func load16(at offset: UInt32) -> UInt16 { fatalError("no access of 16 bits") }
    func load32(at offset: UInt32) -> UInt32 { words[offset] ?? 0 }
    func store32(_ value: UInt32, at offset: UInt32) {
        stores.append(Store(offset, value))
        words[offset] = value
    }
}
