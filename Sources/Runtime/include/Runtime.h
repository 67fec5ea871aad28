// What Embedded Swift and clang link against on bare metal; see Runtime.c.
#ifndef MARTLET_RUNTIME_H
#define MARTLET_RUNTIME_H
#endif
