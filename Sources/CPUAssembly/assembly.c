// The functions are the CPU modules' own; SwiftPM wants one source file in a C target.
#include "CPUAssembly.h"
