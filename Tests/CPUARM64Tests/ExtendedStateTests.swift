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

    /// The same of SVE's registers, at every length from 16 to 256 bytes.
    private static let scalableProgram = #"""
        #define _GNU_SOURCE
        #include <signal.h>
        #include <stdint.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <ucontext.h>
        int arm64_extended_save(void *area);
        void arm64_extended_reset(void);
        uint64_t arm64_scalable_length(void);
        int arm64_scalable_save(void *area);
        int arm64_scalable_restore(const void *plain, const void *area);
        void arm64_scalable_forget(void);
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
        void _Exit(int);
        struct plain { uint32_t fpsr, fpcr; unsigned char vectors[512]; };
        static struct plain plain, plainAfter;
        static unsigned char first[8752], second[8752], third[8752], zeros[8752];
        static int check(int length, unsigned char *end) {
          size_t size = 32 * length + 17 * (length / 8), predicates = 32 * length;
          if (arm64_scalable_length() != (uint64_t)length) return 1;
          plain.fpsr = 0x0800001f;
          plain.fpcr = 0x07c00000;
          for (int i = 0; i < 512; i++) plain.vectors[i] = i * 11 + 5;
          for (size_t i = 0; i < size; i++) first[i] = i * 7 + i / 251 + 3;
          memset(first + length * 34, 0, length / 8);
          memset(first + length * 34, 0xff, length / 16);
          memset(second, 0xee, sizeof second);
          if (arm64_scalable_restore(&plain, first)) return 2;
          int failed = arm64_scalable_save(second), failedAgain = arm64_extended_save(&plainAfter);
          arm64_extended_reset();
          if (failed || failedAgain) return 3;
          for (int i = 0; i < 32; i++) memcpy(first + length * i, plain.vectors + 16 * i, 16);
          if (memcmp(first, second, size) || second[size] != 0xee) return 4;
          if (memcmp(&plain, &plainAfter, sizeof plain)) return 5;
          // A save changes nothing, P0 neither. No function of the C library's may come between.
          arm64_scalable_restore(&plain, first);
          arm64_scalable_save(third);
          arm64_scalable_save(second);
          arm64_extended_reset();
          arm64_scalable_forget();
          int same = !memcmp(first, second, size);
          arm64_scalable_restore(&plain, first);
          arm64_scalable_forget();
          arm64_scalable_save(second);
          arm64_extended_reset();
          if (!same) return 6;
          for (int i = 0; i < 32; i++) {
            if (memcmp(second + length * i, plain.vectors + 16 * i, 16)) return 7;
            if (memcmp(second + length * i + 16, zeros, length - 16)) return 7;
          }
          if (memcmp(second + predicates, zeros, size - predicates)) return 8;
          // Wherever in the state the memory ends; after a failed save the registers are as before.
          arm64_scalable_restore(&plain, first);
          faults = 0;
          int count = 0, wrong = 0;
          for (size_t inside = 0; inside < size; inside += 2, count++)
            wrong |= arm64_scalable_save(end - inside) != 1;
          arm64_scalable_save(third);
          arm64_extended_reset();
          if (wrong || faults != count || memcmp(first, third, size)) return 10;
          for (size_t inside = 0; inside < size; inside += 2, count++)
            wrong |= arm64_scalable_restore(&plain, end - inside) != 1;
          for (size_t inside = 0; inside < 520; inside += 8, count++)
            wrong |= arm64_scalable_restore(end - inside, first) != 1;
          if (wrong || faults != count) return 11;
          if (arm64_scalable_save(end - size) || arm64_scalable_restore(end - 520, end - size)) return 12;
          arm64_extended_reset();
          return 0;
        }
        int main(void) {
          struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
          sigaction(SIGSEGV, &action, 0);
          char *pages = mmap(0, 20480, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          mprotect(pages + 16384, 4096, PROT_NONE);
          for (int length = 16; length <= 256; length += 16) {
            if ((prctl(50, length, 0, 0, 0) & 0xffff) != length) return 100;
            int result = check(length, (unsigned char *)pages + 16384);
            if (result) return result;
          }
          return 0;
        }
        """#

    @Test(
        "all of it is saved, loaded and zeroed; a fault anywhere is reported",
        .enabled(
            if: canRun,
            "a compiler and an emulator of arm64 programs: gcc-aarch64-linux-gnu, qemu-user-static")
    )
    func moves() throws { try run(Self.program) }
    @Test(
        "SVE's registers too, at each length; V, FPSR and FPCR come from their own record",
        .enabled(
            if: canRun,
            "a compiler and an emulator of arm64 programs: gcc-aarch64-linux-gnu, qemu-user-static")
    )
    func movesScalable() throws { try run(Self.scalableProgram) }

    private func run(_ program: String) throws {
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
        try program.write(
            to: folder.appendingPathComponent("main.c"), atomically: true, encoding: .utf8)
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources").path
        // Free-standing, so that the table is there.
        try #require(
            try run(
                Self.compiler, "-ffreestanding", "-mgeneral-regs-only",
                "-I\(sources)/CPUAssembly/include", "-c",
                "\(sources)/CPUARM64Assembly/ExtendedState.S", "-o", "state.o") == 0)
        try #require(
            try run(
                "/usr/bin/aarch64-linux-gnu-objcopy", "--rename-section",
                ".fault_table=fault_table", "state.o") == 0)
        try #require(
            try run(Self.compiler, "-static", "-O1", "main.c", "state.o", "-o", "program") == 0)
        #expect(try run(Self.emulator, folder.appendingPathComponent("program").path) == 0)
    }
}
