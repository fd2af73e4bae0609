// The kernels for AVX-512: sixteen lanes.
#include "KernelTable.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define CK_LANES 16
#define CK_TABLE ck_table_v4
// This level's default tuning splits 512-bit operations into halves unless the function asks for the width.
#define CK_MINIMUM_WIDTH __attribute__((min_vector_width(512)))
#include "KernelBodies.h"
#pragma clang attribute pop
#endif
