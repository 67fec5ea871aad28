internal import LinuxHost
internal import MonitorCommand

// The first thing: the timelines begin here.
let startTimeStamp = HostClock.timeStamp
Host.exit(status: MonitorCommand.run(CommandLine.arguments, startTimeStamp: startTimeStamp))
