package import Base
package import Devices

// /proc/cpuinfo (arch/x86/kernel/cpu/proc.c).
extension ProcessorDescription {
    /// Writes a CPU's lines and the empty one behind them.
    package func write(_ number: Int, of places: ProcessorPlaces, to text: inout TextBuffer) {
        text.append(line: "processor\t: ", UInt64(number))
        text.append("vendor_id\t: ")
        _ = text.append(trimming: 12, makerByte)
        text.append("\n")
        text.append(line: "cpu family\t: ", family)
        text.append(line: "model\t\t: ", model)
        text.append("model name\t: ")
        if !text.append(trimming: 48, nameByte) { text.append("unknown") }
        text.append(line: "\nstepping\t: ", UInt64(basic.eax & 15))
        text.append("cpu MHz\t\t: ")
        text.append(places.frequency, of: 1_000_000, digits: 3)
        text.append("\n")
        if let kilobytes = cacheKilobytes {
            text.append(line: "cache size\t: ", kilobytes, " KB")
        }
        text.append(line: "physical id\t: ", packageNumber(of: number, places))
        let siblings = packageGroup(of: number, places).nonzeroBitCount
        text.append(line: "siblings\t: ", UInt64(siblings))
        text.append(line: "core id\t\t: ", coreNumber(of: number, places))
        text.append(line: "cpu cores\t: ", coreCount(of: number, places))
        text.append(line: "apicid\t\t: ", places.identifier(number))
        text.append(line: "initial apicid\t: ", places.identifier(number))
        text.append("fpu\t\t: yes\nfpu_exception\t: yes\n")
        text.append(line: "cpuid level\t: ", UInt64(first.eax))
        text.append("wp\t\t: yes\nflags\t\t:")
        writeFlags(to: &text)
        // Those of every CPU that speculates; what else a model has, its maker's lists tell.
        text.append("\nbugs\t\t: spectre_v1 spectre_v2\nbogomips\t: ")
        text.append(places.frequency, of: 500_000, digits: 2)
        text.append("\n")
        let entries = UInt64((secondCache.ebx >> 16 & 0xfff) + (secondCache.ebx & 0xfff))
        if entries > 0 { text.append(line: "TLB size\t: ", entries, " 4K pages") }
        let lineSize = UInt64(basic.ebx >> 8 & 0xff) * 8
        text.append(line: "clflush size\t: ", lineSize)
        text.append(line: "cache_alignment\t: ", lineSize)
        text.append("address sizes\t: ")
        text.append(UInt64(sizes.eax & 0xff))
        text.append(" bits physical, ")
        text.append(UInt64(sizes.eax >> 8 & 0xff))
        text.append(" bits virtual\npower management:")
        text.append(words: Self.powerNames, of: UInt64(power.edx))
        text.append("\n\n")
    }
    /// The second cache of AMD's, the largest level of others.
    private var cacheKilobytes: UInt64? {
        if isOther {
            return secondCache.ecx >> 16 > 0 ? UInt64(secondCache.ecx >> 16) : nil
        }
        return ProcessorCache.last(of: cache, from: 2).map { $0.byteCount >> 10 }
    }

    // The names and their order are those of Linux's X86_FEATURE numbers (asm/cpufeatures.h).
    private func writeFlags(to text: inout TextBuffer) {
        text.append(words: Self.basicNames, of: UInt64(basic.edx))
        text.append(words: Self.otherNames, of: UInt64(other.edx))
        // The counter's rate is the same always (power.edx, bit 8); the rest is of every such CPU.
        if power.edx >> 8 & 1 != 0 { text.append(" constant_tsc") }
        text.append(" rep_good nopl")
        if hasTopology { text.append(" xtopology") }
        if power.edx >> 8 & 1 != 0 { text.append(" nonstop_tsc") }
        text.append(" cpuid")
        text.append(words: Self.basicMoreNames, of: UInt64(basic.ecx))
        text.append(words: Self.otherMoreNames, of: UInt64(other.ecx))
        writeSpeculation(to: &text)
        // GS belongs to the library OS's entry: programs are not told of FSGSBASE (AT_HWCAP2).
        text.append(words: Self.extendedNames, of: UInt64(extended.ebx & ~1))
        text.append(words: "xsaveopt xsavec xgetbv1 xsaves xfd", of: UInt64(state.eax))
        text.append(words: "- - - - avx_vnni avx512_bf16", of: UInt64(extendedMore.eax))
        text.append(words: Self.sizeNames, of: UInt64(sizes.ebx))
        text.append(words: Self.thermalNames, of: UInt64(thermal.eax))
        text.append(words: Self.extendedMoreNames, of: UInt64(extended.ecx))
        text.append(words: "overflow_recov succor - smca", of: UInt64(power.ebx))
        text.append(words: Self.extendedLastNames, of: UInt64(extended.edx))
    }
    private func writeSpeculation(to text: inout TextBuffer) {
        let hasControl = extended.edx >> 26 & 1 != 0
        if sizes.ebx >> 24 & 1 != 0 || extended.edx >> 31 != 0 { text.append(" ssbd") }
        if sizes.ebx >> 14 & 1 != 0 || hasControl { text.append(" ibrs") }
        if sizes.ebx >> 12 & 1 != 0 || hasControl { text.append(" ibpb") }
        if sizes.ebx >> 15 & 1 != 0 || extended.edx >> 27 & 1 != 0 { text.append(" stibp") }
    }

    private static let basicNames: StaticString = """
        fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts \
        acpi mmx fxsr sse sse2 ss ht tm ia64 pbe
        """
    private static let otherNames: StaticString = """
        - - - - - - - - - - - syscall - - - - - - - mp nx - mmxext - - fxsr_opt pdpe1gb rdtscp - \
        lm 3dnowext 3dnow
        """
    private static let basicMoreNames: StaticString = """
        pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - \
        pcid dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand \
        hypervisor
        """
    private static let otherMoreNames: StaticString = """
        lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop \
        skinit wdt - lwp fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc \
        perfctr_llc mwaitx
        """
    private static let extendedNames: StaticString = """
        fsgsbase tsc_adjust sgx bmi1 hle avx2 - smep bmi2 erms invpcid rtm cqm - mpx rdt_a avx512f \
        avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd \
        sha_ni avx512bw avx512vl
        """
    private static let sizeNames: StaticString = """
        clzero irperf xsaveerptr - rdpru - - - - wbnoinvd - - - - - - - - - - - - - amd_ppin - \
        virt_ssbd - cppc - - - brs
        """
    private static let thermalNames: StaticString = """
        dtherm ida arat - pln - pts hwp hwp_notify hwp_act_window hwp_epp hwp_pkg_req - - - - - - \
        - hfi
        """
    private static let extendedMoreNames: StaticString = """
        - avx512vbmi umip pku ospke waitpkg avx512_vbmi2 - gfni vaes vpclmulqdq avx512_vnni \
        avx512_bitalg tme avx512_vpopcntdq - la57 - - - - - rdpid - bus_lock_detect cldemote - \
        movdiri movdir64b enqcmd sgx_lc
        """
    private static let extendedLastNames: StaticString = """
        - - avx512_4vnniw avx512_4fmaps fsrm - - - avx512_vp2intersect - md_clear - - - serialize - \
        tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 amx_tile amx_int8 - - flush_l1d \
        arch_capabilities
        """
    private static let powerNames: StaticString = """
        ts fid vid ttp tm stc 100mhzsteps hwpstate - cpb eff_freq_ro proc_feedback acc_power
        """
}
