// The kernels for every processor: four lanes, no fused multiply-add on x86-64.
#include "KernelTable.h"

#include <math.h>
#include <string.h>

#define CK_LANES 4
#define CK_TABLE ck_table_baseline
#define CK_MINIMUM_WIDTH
#include "KernelBodies.h"
