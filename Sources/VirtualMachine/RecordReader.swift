package import DeviceModels

/// What comes of the records on a machine's control channel, whatever the machine runs on.
package struct RecordReader: Sendable {
    package let reporting: Machine.Reporting
    /// When the guest's milestones were, where a timeline is asked for.
    package var timeline: Timeline?
    /// How the machine ends, by the first record that says so: what a crash leads to is no ending
    /// of its own.
    package private(set) var announced: Ending?

    package init(_ reporting: Machine.Reporting) {
        self.reporting = reporting
        timeline = reporting.timeline
    }

    package mutating func handle(_ record: ControlRecord) throws(GuestFault) {
        switch record {
        case .log(let level, let text) where level <= reporting.logLevel:
            reporting.showLine("kernel: \(Words.line(text))")
        case .log: break
        case .milestone(let number, let timeStamp, _):
            if let timeline {
                reporting.showLine(
                    timeline.line(Timeline.name(ofMilestone: number), atGuest: timeStamp))
            }
        case .report(let text): reporting.showLine(reporting.annotate(Words.paragraph(text)))
        case .missing(let path): reporting.missing?.add(path)
        // Whoever serves the terminal takes these.
        case .attach, .stopped: break
        case .core(let offset, let bytes):
            guard let core = reporting.core else {
                throw GuestFault("the kernel sent a core file that nobody asked for")
            }
            try core.write(bytes, at: offset)
        case .exit, .killed, .crash, .refused: announced = announced ?? Ending(record)
        }
    }
}
