import Glibc

/// Which target this process fuzzes, and whether it has a planted bug: FUZZ_TARGET and PLANT.
private let target = getenv("FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }
private let isPlanted = getenv("PLANT") != nil

/// The function that libFuzzer calls for each input (llvm.org/docs/LibFuzzer.html).
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
    guard let target else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        fatalError("FUZZ_TARGET names no target; there are \(names)")
    }
    target.run(
        UnsafeRawBufferPointer(start: start, count: byteCount).bytes, isPlanted: isPlanted)
    return 0
}
