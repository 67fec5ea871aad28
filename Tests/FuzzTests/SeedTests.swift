import Foundation
import FuzzTargets
import Testing

/// The committed seeds of the fuzzer, and what it found before, run as ordinary tests.
@Suite("Fuzz targets") struct SeedTests {
    private static let seeds = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz/Seeds")

    @Test("every target takes its seeds, and each shorter and each disturbed one")
    func takesSeeds() throws {
        for target in FuzzTarget.allCases {
            let folder = Self.seeds.appending(path: target.rawValue)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(!names.isEmpty, "\(target.rawValue) has no seeds")
            for name in names {
                let bytes = try Array(Data(contentsOf: folder.appending(path: name)))
                target.run(bytes.span.bytes)
                for count in stride(from: 0, to: bytes.count, by: max(bytes.count / 100, 1)) {
                    target.run(bytes.span.bytes.extracting(first: count))
                    var disturbed = bytes
                    disturbed[count] ^= 0xff
                    target.run(disturbed.span.bytes)
                }
            }
        }
    }
}
