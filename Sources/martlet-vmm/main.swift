internal import LinuxHost
internal import VirtualMachine

// The first thing: the timelines begin here.
let startTimeStamp = HostClock.timeStamp
Host.exit(status: Command.run(CommandLine.arguments, startTimeStamp: startTimeStamp))
