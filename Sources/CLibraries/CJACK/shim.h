#include <jack/jack.h>
#include <jack/metadata.h>
#include <jack/thread.h>
#include <jack/uuid.h>

// Swift cannot call a function with variable arguments. `server` may be null: the default server.
static inline jack_client_t *limpid_jack_client_open(
    const char *name, unsigned options, jack_status_t *status, const char *server) {
  return server ? jack_client_open(name, (jack_options_t)(options | JackServerName), status, server)
                : jack_client_open(name, (jack_options_t)options, status);
}
