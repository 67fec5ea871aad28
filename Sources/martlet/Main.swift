import ArgumentParser
import LinuxHost

/// Where the tool begins.
///
/// A plain `run` is read here: the argument parser takes a millisecond and a half, a quarter of what
/// the whole start may. It reads the same language (`RunRequestTests` compares the two), and
/// whatever else there is, every message included, is the parser's.
@main enum Main {
    static func main() {
        _ = Launch.startTimeStamp
        let arguments = ThisProcess.arguments
        if arguments.count > 2, arguments[1] == Array("run".utf8),
            let request = RunRequest(plain: arguments[2...])
        {
            Host.exit(status: request.perform())
        }
        if arguments.count == 2, arguments[1] == MissingFilesReport.word {
            Host.exit(status: MissingFilesReport.run())
        }
        Martlet.main()
    }
}
