// On a host of another architecture: what the header declares, as traps, so that CPUARM64 links there
// for the tests of what it computes.
#if !defined(__aarch64__)
#define ARM64_ABSENT(name)                                        \
  void name(void) __attribute__((noreturn));                      \
  void name(void) { __builtin_trap(); }
#define ARM64_ABSENT_DATA(name) const unsigned long name[2] = {0, 0};

ARM64_ABSENT(arm64_gate)
ARM64_ABSENT(arm64_firmware_call)
ARM64_ABSENT(arm64_call_data)
ARM64_ABSENT(arm64_data_probe_address)
ARM64_ABSENT(arm64_probe_branch)
ARM64_ABSENT(arm64_probe_return)
ARM64_ABSENT(arm64_enter_program)
ARM64_ABSENT(arm64_read_thread_pointer)
ARM64_ABSENT(arm64_write_thread_pointer)
ARM64_ABSENT(arm64_read_counter)
ARM64_ABSENT(arm64_read_counter_frequency)
ARM64_ABSENT(arm64_write_timer_compare)
ARM64_ABSENT(arm64_write_timer_control)
ARM64_ABSENT(arm64_read_cache_type)
ARM64_ABSENT(arm64_wait)
ARM64_ABSENT(arm64_pause)
void arm64_order_tables(void) {}
void arm64_order_fetch(void) {}
void arm64_order_interrupt(void) {}
void arm64_order_loads(void) {}
ARM64_ABSENT(arm64_read_area)
ARM64_ABSENT(arm64_clean_data)
ARM64_ABSENT(arm64_clean_memory)
ARM64_ABSENT(arm64_drop_code)
ARM64_ABSENT(arm64_random_seed)
ARM64_ABSENT(arm64_extended_save)
ARM64_ABSENT(arm64_extended_restore)
ARM64_ABSENT(arm64_extended_reset)
ARM64_ABSENT(arm64_scalable_length)
ARM64_ABSENT(arm64_scalable_save)
ARM64_ABSENT(arm64_scalable_restore)
ARM64_ABSENT(arm64_scalable_forget)
ARM64_ABSENT_DATA(arm64_entry_synchronous)
ARM64_ABSENT_DATA(arm64_entry_interrupt)
ARM64_ABSENT_DATA(arm64_entry_error)
ARM64_ABSENT_DATA(arm64_entry_return)
ARM64_ABSENT_DATA(arm64_entry_call)
ARM64_ABSENT_DATA(arm64_gate_site)
ARM64_ABSENT_DATA(arm64_resume_site)
ARM64_ABSENT_DATA(arm64_call_exit)
ARM64_ABSENT_DATA(arm64_entry_secondary)
ARM64_ABSENT_DATA(boot_secondary)
#endif
