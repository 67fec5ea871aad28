@_exported public import Devices
@_exported public import PageTables

// The one place that knows which CPU module there is; everything above imports Hardware.
#if arch(x86_64)
    @_exported public import CPUX86_64
#elseif arch(arm64)
    @_exported public import CPUARM64
#endif
