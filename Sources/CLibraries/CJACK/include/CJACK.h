// libjack, opened when it is first needed (jack.c): JACK's own or PipeWire's. Of its functions those that Limpid uses are there.
#ifndef LIMPID_CJACK_H
#define LIMPID_CJACK_H

#include <jack/jack.h>
#include <jack/metadata.h>
#include <jack/thread.h>
#include <jack/uuid.h>
#include <stdbool.h>

/// Opens libjack.so.0, once for the process; false where there is none. Where only PipeWire's is installed, in a folder of its
/// own, it is that. Any thread; before all other functions.
bool limpid_jack_load(void);
/// From the next, first, `limpid_jack_load` on: PipeWire's own libjack comes before any other.
void limpid_jack_prefer_pipewire(void);
/// Whether the library that was opened is PipeWire's.
bool limpid_jack_is_pipewire(void);

/// Swift cannot call a function with variable arguments. `server` may be null: the default server.
jack_client_t *limpid_jack_client_open(
    const char *name, unsigned options, jack_status_t *status, const char *server);

#endif
