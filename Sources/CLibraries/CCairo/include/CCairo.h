// libcairo, opened when it is first needed (cairo.c). Of its functions those that Limpid uses are there.
#ifndef LIMPID_CCAIRO_H
#define LIMPID_CCAIRO_H

#include <cairo/cairo.h>
#include <stdbool.h>

/// Opens libcairo.so.2, once for the process; false where there is none. Any thread; before all other functions.
bool limpid_cairo_load(void);

#endif
