/// The channels of a machine on QEMU, each a socket between its process and ours.
enum Channel: Int, CaseIterable {
    case input = 0
    case output
    case error
    case control
    /// The kernel's words before it has a console; on q35 they share the input's port.
    case early

    /// The channel's descriptor in QEMU's process.
    var number: Int { 3 + rawValue }
    var name: String { "\(self)" }
}
