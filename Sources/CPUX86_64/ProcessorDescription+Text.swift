package import Base
package import Devices

// /proc/cpuinfo (arch/x86/kernel/cpu/proc.c).
extension ProcessorDescription {
    /// Writes a CPU's lines and the empty one behind them.
    package func write(_ number: Int, of places: ProcessorPlaces, to text: inout TextBuffer) {
        line("processor\t: ", UInt64(number), &text)
        text.append("vendor_id\t: ")
        for index in 0..<12 where makerByte(index) != 0 { text.append(byte: makerByte(index)) }
        text.append("\n")
        line("cpu family\t: ", family, &text)
        line("model\t\t: ", model, &text)
        text.append("model name\t: ")
        writeName(to: &text)
        line("\nstepping\t: ", UInt64(basic.eax & 15), &text)
        text.append("cpu MHz\t\t: ")
        text.append(places.frequency / 1_000_000)
        text.append(".")
        text.append(places.frequency / 1000 % 1000, width: 3, padding: 0x30)
        text.append("\n")
        if let kilobytes = cacheKilobytes {
            text.append("cache size\t: ")
            text.append(kilobytes)
            text.append(" KB\n")
        }
        line("physical id\t: ", packageNumber(of: number, places), &text)
        let siblings = packageGroup(of: number, places).nonzeroBitCount
        line("siblings\t: ", UInt64(siblings), &text)
        line("core id\t\t: ", coreNumber(of: number, places), &text)
        line("cpu cores\t: ", coreCount(of: number, places), &text)
        line("apicid\t\t: ", places.identifier(number), &text)
        line("initial apicid\t: ", places.identifier(number), &text)
        text.append("fpu\t\t: yes\nfpu_exception\t: yes\n")
        line("cpuid level\t: ", UInt64(first.eax), &text)
        text.append("wp\t\t: yes\nflags\t\t:")
        writeFlags(to: &text)
        // Those of every CPU that speculates; what else a model has, its maker's lists tell.
        text.append("\nbugs\t\t: spectre_v1 spectre_v2\nbogomips\t: ")
        text.append(places.frequency / 500_000)
        text.append(".")
        text.append(places.frequency / 5000 % 100, width: 2, padding: 0x30)
        text.append("\n")
        let entries = UInt64((secondCache.ebx >> 16 & 0xfff) + (secondCache.ebx & 0xfff))
        if entries > 0 {
            text.append("TLB size\t: ")
            text.append(entries)
            text.append(" 4K pages\n")
        }
        let lineSize = UInt64(basic.ebx >> 8 & 0xff) * 8
        line("clflush size\t: ", lineSize, &text)
        line("cache_alignment\t: ", lineSize, &text)
        text.append("address sizes\t: ")
        text.append(UInt64(sizes.eax & 0xff))
        text.append(" bits physical, ")
        text.append(UInt64(sizes.eax >> 8 & 0xff))
        text.append(" bits virtual\npower management:")
        words(Self.powerNames, power.edx, &text)
        text.append("\n\n")
    }
    @inline(never)
    private func line(_ label: StaticString, _ value: UInt64, _ text: inout TextBuffer) {
        text.append(label)
        text.append(value)
        text.append("\n")
    }
    /// Without blanks around it, and one between words.
    private func writeName(to text: inout TextBuffer) {
        var isBlank = false
        var isFirst = true
        for index in 0..<48 {
            let byte = nameByte(index)
            guard byte != 0 else { break }
            guard byte != 0x20 else {
                isBlank = true
                continue
            }
            if isBlank, !isFirst { text.append(byte: 0x20) }
            text.append(byte: byte)
            isBlank = false
            isFirst = false
        }
        if isFirst { text.append("unknown") }
    }
    /// The second cache of AMD's, the largest level of others.
    private var cacheKilobytes: UInt64? {
        if isOther {
            return secondCache.ecx >> 16 > 0 ? UInt64(secondCache.ecx >> 16) : nil
        }
        var found: ProcessorCache?
        for index in 0..<8 {
            guard let cache = cache(index) else { break }
            if cache.level >= found?.level ?? 2 { found = cache }
        }
        return found.map { $0.byteCount >> 10 }
    }

    /// Appends the words of bits that are set, each after a blank; "-" has no name.
    @inline(never)
    private func words(_ names: StaticString, _ bits: UInt32, _ text: inout TextBuffer) {
        guard bits != 0 else { return }
        let bytes = names.bytes
        var bit: UInt32 = 0
        var start = 0
        for index in 0...bytes.byteCount {
            guard index == bytes.byteCount || bytes.byte(at: index) == 0x20 else { continue }
            if bit < 32, bits >> bit & 1 != 0, bytes.byte(at: start) != 0x2d {
                text.append(byte: 0x20)
                text.append(bytes.extracting(start..<index))
            }
            bit += 1
            start = index + 1
        }
    }

    // The names and their order are those of Linux's X86_FEATURE numbers (asm/cpufeatures.h).
    private func writeFlags(to text: inout TextBuffer) {
        words(Self.basicNames, basic.edx, &text)
        words(Self.otherNames, other.edx, &text)
        // The counter's rate is the same always (power.edx, bit 8); the rest is of every such CPU.
        if power.edx >> 8 & 1 != 0 { text.append(" constant_tsc") }
        text.append(" rep_good nopl")
        if hasTopology { text.append(" xtopology") }
        if power.edx >> 8 & 1 != 0 { text.append(" nonstop_tsc") }
        text.append(" cpuid")
        words(Self.basicMoreNames, basic.ecx, &text)
        words(Self.otherMoreNames, other.ecx, &text)
        writeSpeculation(to: &text)
        // GS belongs to the library OS's entry: programs are not told of FSGSBASE (AT_HWCAP2).
        words(Self.extendedNames, extended.ebx & ~1, &text)
        words("xsaveopt xsavec xgetbv1 xsaves xfd", state.eax, &text)
        words("- - - - avx_vnni avx512_bf16", extendedMore.eax, &text)
        words(Self.sizeNames, sizes.ebx, &text)
        words(Self.thermalNames, thermal.eax, &text)
        words(Self.extendedMoreNames, extended.ecx, &text)
        words("overflow_recov succor - smca", power.ebx, &text)
        words(Self.extendedLastNames, extended.edx, &text)
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
