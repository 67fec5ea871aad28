internal import Base

/// How a terminal treats its bytes: the kernel's struct termios (termios(3), asm/termbits.h).
package struct TerminalModes: Sendable {
    /// Of the struct that TCGETS fills; TCGETS2's has two speeds behind it.
    package static let byteCount = 36
    package static let longByteCount = 44
    private static let characterCount = 19

    package var input: Input
    package var output: Output
    /// c_cflag: line parameters; nothing here goes by them.
    package var control: UInt32
    package var local: Local
    package var discipline: UInt8
    package var characters: InlineArray<19, UInt8>

    /// Special characters by their place in c_cc.
    package enum Character: Int, Sendable {
        case interrupt = 0
        case quit = 1
        case erase = 2
        case kill = 3
        case endOfFile = 4
        /// VTIME, in tenths of a second
        case time = 5
        /// VMIN
        case minimum = 6
        case start = 8
        case stop = 9
        case suspend = 10
        case endOfLine = 11
        case reprint = 12
        case wordErase = 14
        case literalNext = 15
        case secondEndOfLine = 16
    }
    package subscript(character: Character) -> UInt8 { characters[character.rawValue] }
    /// Whether a byte is that special character; 0 stands for none (_POSIX_VDISABLE).
    package func isSpecial(_ byte: UInt8, _ character: Character) -> Bool {
        byte != 0 && characters[character.rawValue] == byte
    }

    /// c_iflag
    package struct Input: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// ISTRIP
        package static let strip = Self(rawValue: 0o40)
        /// INLCR
        package static let newlineToReturn = Self(rawValue: 0o100)
        /// IGNCR
        package static let ignoreReturn = Self(rawValue: 0o200)
        /// ICRNL
        package static let returnToNewline = Self(rawValue: 0o400)
        /// IUCLC
        package static let upperToLower = Self(rawValue: 0o1000)
        /// IXON
        package static let flowControl = Self(rawValue: 0o2000)
        /// IXANY
        package static let anyStarts = Self(rawValue: 0o4000)
        /// IMAXBEL
        package static let bellWhenFull = Self(rawValue: 0o20000)
        /// IUTF8
        package static let utf8 = Self(rawValue: 0o40000)
        /// IGNBRK, BRKINT, PARMRK, and IXOFF: what a raw host terminal does not do either.
        package static let lineErrors = Self(rawValue: 0o1 | 0o2 | 0o10 | 0o10000)
    }
    /// c_oflag
    package struct Output: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// OPOST
        package static let process = Self(rawValue: 0o1)
        /// OLCUC
        package static let lowerToUpper = Self(rawValue: 0o2)
        /// ONLCR
        package static let newlineToReturnNewline = Self(rawValue: 0o4)
        /// OCRNL
        package static let returnToNewline = Self(rawValue: 0o10)
        /// ONOCR
        package static let noReturnAtStart = Self(rawValue: 0o20)
        /// ONLRET
        package static let newlineReturns = Self(rawValue: 0o40)
        /// XTABS
        package static let expandTabs = Self(rawValue: 0o14000)
    }
    /// c_lflag
    package struct Local: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// ISIG
        package static let signals = Self(rawValue: 0o1)
        /// ICANON
        package static let canonical = Self(rawValue: 0o2)
        /// ECHO
        package static let echo = Self(rawValue: 0o10)
        /// ECHOE
        package static let echoErase = Self(rawValue: 0o20)
        /// ECHOK
        package static let echoKill = Self(rawValue: 0o40)
        /// ECHONL
        package static let echoNewline = Self(rawValue: 0o100)
        /// TOSTOP
        package static let stopsBackground = Self(rawValue: 0o400)
        /// NOFLSH
        package static let noFlush = Self(rawValue: 0o200)
        /// ECHOCTL
        package static let echoControl = Self(rawValue: 0o1000)
        /// ECHOKE
        package static let echoKillErase = Self(rawValue: 0o4000)
        /// IEXTEN
        package static let extensions = Self(rawValue: 0o100000)
    }

    /// What a new terminal has (drivers/tty/tty_io.c, tty_std_termios).
    package static var standard: Self {
        Self(
            input: [.returnToNewline, .flowControl], output: [.process, .newlineToReturnNewline],
            control: 0x4bf,
            local: [
                .signals, .canonical, .echo, .echoErase, .echoKill, .echoControl, .echoKillErase,
                .extensions,
            ],
            discipline: 0,
            characters: [
                0x03, 0x1c, 0x7f, 0x15, 0x04, 0, 1, 0, 0x11, 0x13, 0x1a, 0, 0x12, 0x0f, 0x17, 0x16,
                0, 0, 0,
            ])
    }
    /// These modes without any treatment of bytes (cfmakeraw(3)).
    package var raw: Self {
        var result = self
        result.input.subtract([
            .strip, .newlineToReturn, .ignoreReturn, .returnToNewline, .upperToLower, .flowControl,
            .anyStarts, .lineErrors,
        ])
        result.output.remove(.process)
        result.local.subtract([.signals, .canonical, .echo, .echoNewline, .extensions])
        result.characters[Character.minimum.rawValue] = 1
        result.characters[Character.time.rawValue] = 0
        return result
    }
}

extension TerminalModes {
    /// Reads the struct. Precondition: 36 bytes.
    package init(_ bytes: RawSpan) {
        input = Input(rawValue: bytes.littleEndian(UInt32.self, at: 0))
        output = Output(rawValue: bytes.littleEndian(UInt32.self, at: 4))
        control = bytes.littleEndian(UInt32.self, at: 8)
        local = Local(rawValue: bytes.littleEndian(UInt32.self, at: 12))
        discipline = bytes.byte(at: 16)
        characters = InlineArray(repeating: 0)
        for index in 0..<Self.characterCount { characters[index] = bytes.byte(at: 17 + index) }
    }
    /// Writes the struct. Precondition: 36 bytes.
    @_lifetime(bytes: copy bytes)
    package func write(to bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(input.rawValue, at: 0)
        bytes.storeLittleEndian(output.rawValue, at: 4)
        bytes.storeLittleEndian(control, at: 8)
        bytes.storeLittleEndian(local.rawValue, at: 12)
        bytes.storeLittleEndian(discipline, at: 16)
        for index in 0..<Self.characterCount {
            bytes.storeLittleEndian(characters[index], at: 17 + index)
        }
    }
}

/// The size of a terminal's window: struct winsize (ioctl_tty(2)).
package struct WindowSize: Equatable, Sendable {
    package static let byteCount = 8
    package var rows: UInt16
    package var columns: UInt16
    package var width: UInt16
    package var height: UInt16

    package init(rows: UInt16, columns: UInt16, width: UInt16 = 0, height: UInt16 = 0) {
        self.rows = rows
        self.columns = columns
        self.width = width
        self.height = height
    }
    /// The struct as one little-endian integer.
    package var encoded: UInt64 {
        UInt64(rows) | UInt64(columns) << 16 | UInt64(width) << 32 | UInt64(height) << 48
    }
    package init(encoded: UInt64) {
        rows = UInt16(truncatingIfNeeded: encoded)
        columns = UInt16(truncatingIfNeeded: encoded >> 16)
        width = UInt16(truncatingIfNeeded: encoded >> 32)
        height = UInt16(truncatingIfNeeded: encoded >> 48)
    }
}

/// Requests of ioctl(2) to a pseudo-terminal's master (pty(7), ioctl_tty(2)).
package enum PseudoTerminalRequest: UInt32, Sendable {
    case getNumber = 0x8004_5430  // TIOCGPTN
    case setLock = 0x4004_5431  // TIOCSPTLCK
    case getLock = 0x8004_5439  // TIOCGPTLCK
    case signal = 0x4004_5436  // TIOCSIG
    case setPacketMode = 0x5420  // TIOCPKT
    case getPacketMode = 0x8004_5438  // TIOCGPKT
}

/// Requests of ioctl(2) to a terminal (ioctl_tty(2)).
package enum TerminalRequest: UInt32, Sendable {
    case getModes = 0x5401  // TCGETS
    case setModes = 0x5402  // TCSETS
    case setModesAfterOutput = 0x5403  // TCSETSW
    case setModesAndFlush = 0x5404  // TCSETSF
    case getLongModes = 0x802c_542a  // TCGETS2
    case setLongModes = 0x402c_542b  // TCSETS2
    case setLongModesAfterOutput = 0x402c_542c  // TCSETSW2
    case setLongModesAndFlush = 0x402c_542d  // TCSETSF2
    case sendBreak = 0x5409  // TCSBRK
    case flow = 0x540a  // TCXONC
    case flush = 0x540b  // TCFLSH
    case exclusive = 0x540c  // TIOCEXCL
    case notExclusive = 0x540d  // TIOCNXCL
    case makeControlling = 0x540e  // TIOCSCTTY
    case getGroup = 0x540f  // TIOCGPGRP
    case setGroup = 0x5410  // TIOCSPGRP
    case bytesUnsent = 0x5411  // TIOCOUTQ
    case insertByte = 0x5412  // TIOCSTI
    case getWindowSize = 0x5413  // TIOCGWINSZ
    case setWindowSize = 0x5414  // TIOCSWINSZ
    case bytesReadable = 0x541b  // FIONREAD
    case giveUp = 0x5422  // TIOCNOTTY
    case setDiscipline = 0x5423  // TIOCSETD
    case getDiscipline = 0x5424  // TIOCGETD
    case sendLongBreak = 0x5425  // TCSBRKP
    case getSession = 0x5429  // TIOCGSID
    case hangUp = 0x5437  // TIOCVHANGUP
    case getDevice = 0x8004_5432  // TIOCGDEV
    case getExclusive = 0x8004_5440  // TIOCGEXCL
}
