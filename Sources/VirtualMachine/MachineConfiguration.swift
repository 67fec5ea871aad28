package import LinuxHost

/// What a machine is made of, as the command line says it.
package struct MachineConfiguration: Sendable {
    /// Bytes of an open file.
    package struct FileRange: Equatable, Sendable {
        package let file: Descriptor
        package let offset: Int64
        package let byteCount: UInt64

        package init(file: Descriptor, offset: Int64, byteCount: UInt64) {
            self.file = file
            self.offset = offset
            self.byteCount = byteCount
        }
    }

    /// The kernel's ELF file; only its segments are read.
    package var kernel: Descriptor
    /// A file with the kernel's symbols, for a kernel that has none: the names of a crash screen.
    package var symbols: Descriptor?
    /// Archive of the program and its files (cpio newc), `nil` for a kernel that needs none.
    package var files: FileRange?
    package var memoryByteCount: UInt64
    package var commandLine: [UInt8]
    /// TSC when the process began.
    package var startTimeStamp: UInt64

    package init(
        kernel: Descriptor, files: FileRange?, memoryByteCount: UInt64, commandLine: [UInt8],
        startTimeStamp: UInt64
    ) {
        self.kernel = kernel
        self.files = files
        self.memoryByteCount = memoryByteCount
        self.commandLine = commandLine
        self.startTimeStamp = startTimeStamp
    }
}
