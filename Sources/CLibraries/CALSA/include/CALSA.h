// alsa-lib, opened when it is first needed (alsa.c). Of its functions those that Limpid uses are there.
#ifndef LIMPID_CALSA_H
#define LIMPID_CALSA_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

/// Opens libasound.so.2, once; false where it is not installed. Any thread; before all other functions.
bool limpid_alsa_load(void);
/// alsa-lib writes no more to standard error what it finds remarkable. Does nothing where the library is not there.
void limpid_alsa_silence(void);

#endif
