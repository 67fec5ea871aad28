package import Files
package import LinuxABI

extension Process: MessageQueueUser {
    package var queueOwner: UInt32 { credentials.users.real }
    package var queueLimit: UInt64 { limits[.messageQueues].soft }
    package var mayExceedQueueLimits: Bool { credentials.has(.systemResource) }
    package func notify(_ signal: Signal, value: UInt64, of sender: any MessageQueueUser) {
        Processes.post(
            signal, to: self,
            SignalInformation(
                signal, .messageQueue, process: sender.identifier, user: sender.queueOwner,
                value: value))
    }
}
