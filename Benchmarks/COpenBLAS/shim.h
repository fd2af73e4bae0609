#pragma once
// Only the C interface: <lapacke.h> is not needed here.
#include <cblas.h>
