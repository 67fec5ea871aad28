/// An error number as Linux returns it (errno(3); asm-generic/errno.h): the value is positive.
package struct Errno: Error, Equatable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
}

extension Errno {
    /// EPERM
    package static let operationNotPermitted = Self(rawValue: 1)
    /// ENOENT
    package static let noSuchFile = Self(rawValue: 2)
    /// ESRCH
    package static let noSuchProcess = Self(rawValue: 3)
    /// EINTR
    package static let interrupted = Self(rawValue: 4)
    /// EUCLEAN: a damaged file system.
    package static let needsCleaning = Self(rawValue: 117)
    /// EIO
    package static let inputOutput = Self(rawValue: 5)
    /// ENXIO
    package static let noSuchDeviceOrAddress = Self(rawValue: 6)
    /// E2BIG
    package static let argumentListTooLong = Self(rawValue: 7)
    /// ENOEXEC
    package static let badExecutable = Self(rawValue: 8)
    /// EBADF
    package static let badDescriptor = Self(rawValue: 9)
    /// ECHILD
    package static let noChild = Self(rawValue: 10)
    /// EAGAIN
    package static let tryAgain = Self(rawValue: 11)
    /// ENOMEM
    package static let outOfMemory = Self(rawValue: 12)
    /// EACCES
    package static let permissionDenied = Self(rawValue: 13)
    /// EFAULT
    package static let badAddress = Self(rawValue: 14)
    /// ENOTBLK
    package static let notBlockDevice = Self(rawValue: 15)
    /// EBUSY
    package static let busy = Self(rawValue: 16)
    /// EEXIST
    package static let fileExists = Self(rawValue: 17)
    /// EXDEV
    package static let crossDeviceLink = Self(rawValue: 18)
    /// ENODEV
    package static let noSuchDevice = Self(rawValue: 19)
    /// ENOTDIR
    package static let notDirectory = Self(rawValue: 20)
    /// EISDIR
    package static let isDirectory = Self(rawValue: 21)
    /// EINVAL
    package static let invalidArgument = Self(rawValue: 22)
    /// ENFILE
    package static let tooManyFilesInSystem = Self(rawValue: 23)
    /// EMFILE
    package static let tooManyFiles = Self(rawValue: 24)
    /// ENOTTY
    package static let notTerminal = Self(rawValue: 25)
    /// ETXTBSY
    package static let textBusy = Self(rawValue: 26)
    /// EFBIG
    package static let fileTooLarge = Self(rawValue: 27)
    /// ENOSPC
    package static let noSpace = Self(rawValue: 28)
    /// ESPIPE
    package static let illegalSeek = Self(rawValue: 29)
    /// EROFS
    package static let readOnlyFileSystem = Self(rawValue: 30)
    /// EMLINK
    package static let tooManyLinks = Self(rawValue: 31)
    /// EPIPE
    package static let brokenPipe = Self(rawValue: 32)
    /// EDOM
    package static let outOfDomain = Self(rawValue: 33)
    /// ERANGE
    package static let outOfRange = Self(rawValue: 34)
    /// EDEADLK
    package static let deadlock = Self(rawValue: 35)
    /// ENAMETOOLONG
    package static let nameTooLong = Self(rawValue: 36)
    /// ENOLCK
    package static let noLocks = Self(rawValue: 37)
    /// ENOSYS
    package static let notImplemented = Self(rawValue: 38)
    /// ENOTEMPTY
    package static let notEmpty = Self(rawValue: 39)
    /// ELOOP
    package static let tooManySymbolicLinks = Self(rawValue: 40)
    /// ENOMSG
    package static let noMessage = Self(rawValue: 42)
    /// EIDRM
    package static let identifierRemoved = Self(rawValue: 43)
    /// ENODATA
    package static let noData = Self(rawValue: 61)
    /// EOVERFLOW
    package static let overflow = Self(rawValue: 75)
    /// ELIBBAD
    package static let badLibrary = Self(rawValue: 80)
    /// EILSEQ
    package static let illegalSequence = Self(rawValue: 84)
    /// ENOTSOCK
    package static let notSocket = Self(rawValue: 88)
    /// EDESTADDRREQ
    package static let addressRequired = Self(rawValue: 89)
    /// EMSGSIZE
    package static let messageTooLong = Self(rawValue: 90)
    /// EPROTOTYPE
    package static let wrongProtocolType = Self(rawValue: 91)
    /// ENOPROTOOPT
    package static let noProtocolOption = Self(rawValue: 92)
    /// EPROTONOSUPPORT
    package static let protocolNotSupported = Self(rawValue: 93)
    /// ESOCKTNOSUPPORT
    package static let socketTypeNotSupported = Self(rawValue: 94)
    /// EOPNOTSUPP
    package static let notSupported = Self(rawValue: 95)
    /// EAFNOSUPPORT
    package static let addressFamilyNotSupported = Self(rawValue: 97)
    /// EADDRINUSE
    package static let addressInUse = Self(rawValue: 98)
    /// ECONNABORTED
    package static let connectionAborted = Self(rawValue: 103)
    /// ECONNRESET
    package static let connectionReset = Self(rawValue: 104)
    /// ENOBUFS
    package static let noBufferSpace = Self(rawValue: 105)
    /// EISCONN
    package static let isConnected = Self(rawValue: 106)
    /// ENOTCONN
    package static let notConnected = Self(rawValue: 107)
    /// ETOOMANYREFS
    package static let tooManyReferences = Self(rawValue: 109)
    /// ECONNREFUSED
    package static let connectionRefused = Self(rawValue: 111)
    /// ETIMEDOUT
    package static let timedOut = Self(rawValue: 110)
    /// ECANCELED
    package static let canceled = Self(rawValue: 125)
    /// ESTALE
    package static let stale = Self(rawValue: 116)
    /// EPROTO
    package static let protocolError = Self(rawValue: 71)
    /// EADDRNOTAVAIL
    package static let addressNotAvailable = Self(rawValue: 99)
    /// ENETDOWN
    package static let networkDown = Self(rawValue: 100)
    /// ENETUNREACH
    package static let networkUnreachable = Self(rawValue: 101)
    /// EHOSTUNREACH
    package static let hostUnreachable = Self(rawValue: 113)
    /// EALREADY
    package static let alreadyInProgress = Self(rawValue: 114)
    /// EINPROGRESS
    package static let inProgress = Self(rawValue: 115)
}
