import Foundation
import Testing

/// The assembly itself, run under an emulator of programs.
@Suite("Extended state") struct ExtendedStateTests {
    private static let compiler = "/usr/bin/aarch64-linux-gnu-gcc"
    private static let emulator = "/usr/bin/qemu-aarch64-static"
    static var canRun: Bool {
        [compiler, emulator].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Fills every register, saves, zeroes, loads and saves again; then does both on memory that
    /// does not take it, with a handler that goes on as the library OS does by the fault table.
    private static let program = #"""
        #define _GNU_SOURCE
        #include <signal.h>
        #include <stdint.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <ucontext.h>
        int arm64_extended_save(void *area);
        int arm64_extended_restore(const void *area);
        void arm64_extended_reset(void);
        extern const uint64_t __start_fault_table[], __stop_fault_table[];
        static int faults;
        static void onFault(int signal, siginfo_t *information, void *context) {
          mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
          for (const uint64_t *entry = __start_fault_table; entry < __stop_fault_table; entry += 2)
            if (entry[0] == machine->pc) {
              machine->pc = entry[1];
              faults++;
              return;
            }
          _Exit(9);
        }
        static struct {
          uint32_t header[2], fpsr, fpcr;
          unsigned char vectors[512];
        } first, second, third __attribute__((aligned(16)));
        void _Exit(int);
        int main(void) {
          first.fpsr = 0x0800001f;
          first.fpcr = 0x07c00000;
          for (int i = 0; i < 512; i++) first.vectors[i] = i * 7 + 3;
          if (arm64_extended_restore(&first.fpsr)) return 1;
          int failed = arm64_extended_save(&second.fpsr);
          arm64_extended_reset();
          int failedAgain = arm64_extended_save(&third.fpsr);
          if (failed || failedAgain) return 2;
          if (memcmp(&first, &second, sizeof first)) return 3;
          for (size_t i = 0; i < sizeof third; i++)
            if (((unsigned char *)&third)[i]) return 4;
          struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
          sigaction(SIGSEGV, &action, 0);
          char *pages = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          mprotect(pages + 4096, 4096, PROT_NONE);
          // Wherever in the state the memory ends.
          for (int inside = 0; inside < 520; inside += 8) {
            char *area = pages + 4096 - inside;
            if (arm64_extended_save(area) != 1 || arm64_extended_restore(area) != 1) return 5;
          }
          if (arm64_extended_save(pages + 4096 - 520) || faults != 130) return 6;
          return 0;
        }
        """#

    @Test(
        "all of it is saved, loaded and zeroed; a fault anywhere is reported",
        .enabled(
            if: canRun,
            "a compiler and an emulator of arm64 programs: gcc-aarch64-linux-gnu, qemu-user-static")
    )
    func moves() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func run(_ tool: String, _ arguments: String...) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: tool)
            process.arguments = arguments
            process.currentDirectoryURL = folder
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        try Self.program.write(
            to: folder.appendingPathComponent("main.c"), atomically: true, encoding: .utf8)
        let assembly = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/CPUARM64Assembly/ExtendedState.S").path
        // Free-standing, so that the table is there.
        try #require(
            try run(
                Self.compiler, "-ffreestanding", "-mgeneral-regs-only", "-c", assembly, "-o",
                "state.o") == 0)
        try #require(
            try run(
                "/usr/bin/aarch64-linux-gnu-objcopy", "--rename-section",
                ".fault_table=fault_table", "state.o") == 0)
        try #require(
            try run(Self.compiler, "-static", "-O1", "main.c", "state.o", "-o", "program") == 0)
        #expect(try run(Self.emulator, folder.appendingPathComponent("program").path) == 0)
    }
}
