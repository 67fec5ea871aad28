// The layout is a header of constants; SwiftPM wants one source file in a C target.
#include "NucleusLayoutX86_64.h"
