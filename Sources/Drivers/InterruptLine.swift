package import Hardware
internal import Virtio

/// The interrupt line of a virtio device over MMIO: acknowledged, then its handler runs.
///
/// In this order what the device adds after the handler looked raises the line again (virtio 1.2,
/// section 4.2.2); the pin sees an edge of it.
package final class InterruptLine: InterruptHandler {
    private let window: any DeviceWindow
    private let handler: any InterruptHandler

    package init(_ window: any DeviceWindow, _ handler: any InterruptHandler) {
        self.window = window
        self.handler = handler
    }
    package func interrupt() {
        let status = window.load32(at: Register<InterruptStatus>.interruptStatus.offset)
        window.store32(status, at: Register<InterruptStatus>.interruptAcknowledge.offset)
        handler.interrupt()
    }
}
