internal import Base
internal import KVM
internal import LinuxHost
internal import NucleusLayout

/// Builds a machine whose CPU 0 enters the library OS in ring 3, with everything in place.
package enum MachineBuilder {
    /// Makes the machine that `configuration` describes, up to the first instruction.
    ///
    /// The order is the one that starts fastest and that KVM asks for (interrupt controller before
    /// CPUs); nothing is touched that the guest does not need to begin.
    package static func build(_ configuration: MachineConfiguration) throws(MachineFailure)
        -> Machine
    {
        let device = try onHost { () throws(KVMError) in try KVMDevice() }
        let virtual = try onHost { () throws(KVMError) in try device.makeMachine() }
        try onHost { () throws(KVMError) in try virtual.enableSplitInterruptController() }

        // Everything the guest starts with, packed at the bottom of its memory.
        let kernel = try KernelImage(reading: configuration.kernel)
        let layout = try GuestLayout(kernel, configuration)
        let memory = try Loader.makeMemory(configuration, layout)
        try Loader.map(configuration.image, to: memory, layout)
        try onHost { () throws(KVMError) in try virtual.attach(memory) }
        try Loader.load(kernel, from: configuration.kernel, to: memory, layout)
        try Loader.load(configuration.files, to: memory, layout)
        try Loader.prepareProcessorArea(kernel, in: memory, layout)
        let tables = AddressSpaceBuilder.build(
            layout, kernel, regions: memory.regions, devices: MachineDevices.count)
        try Loader.store(tables, in: memory)

        // The CPU, ready to enter ring 3.
        let features = try FeatureCache.features(of: device)
        let processor = try onHost { () throws(KVMError) in try virtual.makeProcessor(index: 0) }
        try onHost { () throws(KVMError) in try processor.load(features) }
        try onHost { () throws(KVMError) in
            try processor.load(EntryState.make(kernel, layout, features))
        }

        var further: [FurtherProcessor] = []
        for index in 1..<max(configuration.processorCount, 1) {
            let processor = try onHost { () throws(KVMError) in
                try virtual.makeProcessor(index: index)
            }
            var own = features
            own.restrict(toProcessor: UInt32(index))
            try onHost { () throws(KVMError) in try processor.load(own) }
            further.append(
                try FurtherProcessor(processor, EntryState.make(kernel, layout, features)))
        }

        // Its devices, connected inside the kernel.
        let devices = try MachineDevices(memory: memory)
        try onHost { () throws(KVMError) in try devices.connect(to: virtual) }

        // What the guest is told.
        var facts = try BootFacts.measured(processor, configuration.clock)
        facts.devices = try devices.prepare(ringsAt: layout.rings.base)
        facts.startTimeStamp = configuration.startTimeStamp
        facts.processorCount = configuration.processorCount
        try Loader.storeRecord(facts, configuration.commandLine, in: memory, layout)
        return Machine(
            virtual: virtual, processor: processor, devices: devices,
            further: FurtherProcessors(further, memory: memory), layout: layout, facts: facts)
    }
}
