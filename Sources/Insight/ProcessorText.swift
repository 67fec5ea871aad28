internal import Base
internal import Hardware
internal import Scheduler

/// The machine's CPUs as /proc and /sys tell of them.
enum ProcessorText {
    static var places: ProcessorPlaces {
        @inline(never) get {
            ProcessorPlaces(count: Processors.count, frequency: Clock.frequency) {
                Processors.identifier(of: $0)
            }
        }
    }
    /// /proc/cpuinfo
    static func all(_ text: inout TextBuffer) {
        let places = places
        for number in 0..<places.count {
            ProcessorDescription.own.write(number, of: places, to: &text)
        }
    }

    /// Bits as ranges, "0-3,5", of which none is nothing.
    @inline(never)
    static func list(_ bits: UInt64, _ text: inout TextBuffer) {
        var isFirst = true
        var number: UInt64 = 0
        while number < 64 {
            guard bits & 1 << number != 0 else {
                number += 1
                continue
            }
            var end = number
            while end < 63, bits & 1 << (end + 1) != 0 { end += 1 }
            if !isFirst { text.append(",") }
            isFirst = false
            text.append(number)
            if end > number {
                text.append("-")
                text.append(end)
            }
            number = end + 1
        }
    }
    /// A bit for each of the machine's CPUs, in hexadecimal, with a comma each 32 (bitmap_print_to_pagebuf).
    @inline(never)
    static func mask(_ bits: UInt64, count: Int, _ text: inout TextBuffer) {
        guard count > 32 else {
            text.append(hexadecimal: bits, minimumDigits: (count + 3) / 4)
            return
        }
        text.append(hexadecimal: bits >> 32, minimumDigits: (count - 32 + 3) / 4)
        text.append(byte: 0x2c)
        text.append(hexadecimal: bits & 0xffff_ffff, minimumDigits: 8)
    }
}
