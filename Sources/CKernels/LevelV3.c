// The kernels for AVX2 with FMA: eight lanes.
#include "KernelTable.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK_LANES 8
#define CK_TABLE ck_table_v3
#define CK_MINIMUM_WIDTH
#include "KernelBodies.h"
#pragma clang attribute pop
#endif
