#include "CJACK.h"

#include <loading.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Without the library no client is opened, so nothing of this is called with one.
#define STATUS(name, parameters, arguments) LIMPID_FUNCTION(int, name, parameters, arguments, -1)
#define TEXT(name, parameters, arguments) LIMPID_FUNCTION(char *, name, parameters, arguments, NULL)
#define PORT(name, parameters, arguments) LIMPID_FUNCTION(jack_port_t *, name, parameters, arguments, NULL)

static jack_client_t *(*found_jack_client_open)(const char *, jack_options_t, jack_status_t *, ...);
static const char *(*found_jack_get_version_string)(void);

STATUS(jack_client_close, (jack_client_t * client), (client))
STATUS(jack_client_name_size, (void), ())
TEXT(jack_get_client_name, (jack_client_t * client), (client))
STATUS(jack_activate, (jack_client_t * client), (client))
STATUS(jack_is_realtime, (jack_client_t * client), (client))
LIMPID_FUNCTION(jack_native_thread_t, jack_client_thread_id, (jack_client_t * client), (client), 0)
LIMPID_FUNCTION(jack_nframes_t, jack_get_sample_rate, (jack_client_t * client), (client), 0)
LIMPID_FUNCTION(jack_nframes_t, jack_get_buffer_size, (jack_client_t * client), (client), 0)
STATUS(jack_set_buffer_size, (jack_client_t * client, jack_nframes_t count), (client, count))
STATUS(jack_set_freewheel, (jack_client_t * client, int isOn), (client, isOn))
LIMPID_FUNCTION(jack_nframes_t, jack_last_frame_time, (const jack_client_t *client), (client), 0)
LIMPID_PROCEDURE(jack_free, (void *memory), (memory))
static void (*found_jack_set_error_function)(void (*)(const char *));
static void (*found_jack_set_info_function)(void (*)(const char *));

STATUS(
    jack_set_process_callback, (jack_client_t * client, JackProcessCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_thread_init_callback, (jack_client_t * client, JackThreadInitCallback function, void *context),
    (client, function, context))
LIMPID_PROCEDURE(
    jack_on_shutdown, (jack_client_t * client, JackShutdownCallback function, void *context),
    (client, function, context))
LIMPID_PROCEDURE(
    jack_on_info_shutdown, (jack_client_t * client, JackInfoShutdownCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_buffer_size_callback, (jack_client_t * client, JackBufferSizeCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_sample_rate_callback, (jack_client_t * client, JackSampleRateCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_latency_callback, (jack_client_t * client, JackLatencyCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_xrun_callback, (jack_client_t * client, JackXRunCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_freewheel_callback, (jack_client_t * client, JackFreewheelCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_port_connect_callback, (jack_client_t * client, JackPortConnectCallback function, void *context),
    (client, function, context))
STATUS(
    jack_set_port_registration_callback, (jack_client_t * client, JackPortRegistrationCallback function, void *context),
    (client, function, context))

PORT(
    jack_port_register,
    (jack_client_t * client, const char *name, const char *type, unsigned long flags, unsigned long size),
    (client, name, type, flags, size))
LIMPID_FUNCTION(void *, jack_port_get_buffer, (jack_port_t * port, jack_nframes_t count), (port, count), NULL)
LIMPID_FUNCTION(jack_uuid_t, jack_port_uuid, (const jack_port_t *port), (port), 0)
LIMPID_FUNCTION(const char *, jack_port_name, (const jack_port_t *port), (port), NULL)
LIMPID_FUNCTION(const char *, jack_port_type, (const jack_port_t *port), (port), NULL)
LIMPID_FUNCTION(int, jack_port_flags, (const jack_port_t *port), (port), 0)
PORT(jack_port_by_id, (jack_client_t * client, jack_port_id_t port), (client, port))
PORT(jack_port_by_name, (jack_client_t * client, const char *name), (client, name))
LIMPID_FUNCTION(
    const char **, jack_port_get_all_connections, (const jack_client_t *client, const jack_port_t *port),
    (client, port), NULL)
LIMPID_PROCEDURE(
    jack_port_get_latency_range,
    (jack_port_t * port, jack_latency_callback_mode_t mode, jack_latency_range_t *range), (port, mode, range))
LIMPID_PROCEDURE(
    jack_port_set_latency_range,
    (jack_port_t * port, jack_latency_callback_mode_t mode, jack_latency_range_t *range), (port, mode, range))
STATUS(jack_recompute_total_latencies, (jack_client_t * client), (client))
LIMPID_FUNCTION(
    const char **, jack_get_ports,
    (jack_client_t * client, const char *name, const char *type, unsigned long flags), (client, name, type, flags),
    NULL)
STATUS(jack_connect, (jack_client_t * client, const char *from, const char *to), (client, from, to))
STATUS(jack_disconnect, (jack_client_t * client, const char *from, const char *to), (client, from, to))

// What not every libjack has.
TEXT(jack_get_uuid_for_client_name, (jack_client_t * client, const char *name), (client, name))
STATUS(jack_uuid_parse, (const char *text, jack_uuid_t *uuid), (text, uuid))
STATUS(
    jack_set_property,
    (jack_client_t * client, jack_uuid_t subject, const char *key, const char *value, const char *type),
    (client, subject, key, value, type))
STATUS(
    jack_get_property, (jack_uuid_t subject, const char *key, char **value, char **type), (subject, key, value, type))

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool isComplete, prefersPipeWire, isPipeWire;

static void load(void) {
  // The dynamic linker's own folders and LD_LIBRARY_PATH, which pw-jack sets; and where distributions put PipeWire's beside
  // JACK's own. The multi-architecture folder comes first: on Debian /usr/lib may hold another architecture's.
  static const char *const names[] = {
    "libjack.so.0",
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/pipewire-0.3/jack/libjack.so.0",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/pipewire-0.3/jack/libjack.so.0",
#endif
    "/usr/lib64/pipewire-0.3/jack/libjack.so.0", "/usr/lib/pipewire-0.3/jack/libjack.so.0",
    // Where they were not put beside it, PipeWire's is libjack.so.0 itself.
    "libjack.so.0", NULL};
  void *handle = limpid_open_first(names + (prefersPipeWire ? 1 : 0), RTLD_LOCAL);
  if (!handle) return;
  found_jack_client_open = (__typeof__(found_jack_client_open))dlsym(handle, "jack_client_open");
  found_jack_get_version_string = (__typeof__(found_jack_get_version_string))dlsym(handle, "jack_get_version_string");
  isPipeWire = found_jack_get_version_string && strstr(found_jack_get_version_string(), "PipeWire");
  isComplete =
      found_jack_client_open && LIMPID_FIND(handle, jack_client_close) && LIMPID_FIND(handle, jack_client_name_size) &&
      LIMPID_FIND(handle, jack_get_client_name) && LIMPID_FIND(handle, jack_activate) &&
      LIMPID_FIND(handle, jack_is_realtime) && LIMPID_FIND(handle, jack_client_thread_id) &&
      LIMPID_FIND(handle, jack_get_sample_rate) && LIMPID_FIND(handle, jack_get_buffer_size) &&
      LIMPID_FIND(handle, jack_set_buffer_size) && LIMPID_FIND(handle, jack_set_freewheel) &&
      LIMPID_FIND(handle, jack_last_frame_time) && LIMPID_FIND(handle, jack_free) &&
      LIMPID_FIND(handle, jack_set_error_function) && LIMPID_FIND(handle, jack_set_info_function) &&
      LIMPID_FIND(handle, jack_set_process_callback) && LIMPID_FIND(handle, jack_set_thread_init_callback) &&
      LIMPID_FIND(handle, jack_on_shutdown) && LIMPID_FIND(handle, jack_on_info_shutdown) &&
      LIMPID_FIND(handle, jack_set_buffer_size_callback) && LIMPID_FIND(handle, jack_set_sample_rate_callback) &&
      LIMPID_FIND(handle, jack_set_latency_callback) && LIMPID_FIND(handle, jack_set_xrun_callback) &&
      LIMPID_FIND(handle, jack_set_freewheel_callback) && LIMPID_FIND(handle, jack_set_port_connect_callback) &&
      LIMPID_FIND(handle, jack_set_port_registration_callback) && LIMPID_FIND(handle, jack_port_register) &&
      LIMPID_FIND(handle, jack_port_get_buffer) && LIMPID_FIND(handle, jack_port_name) &&
      LIMPID_FIND(handle, jack_port_type) && LIMPID_FIND(handle, jack_port_flags) &&
      LIMPID_FIND(handle, jack_port_by_id) && LIMPID_FIND(handle, jack_port_by_name) &&
      LIMPID_FIND(handle, jack_port_get_all_connections) && LIMPID_FIND(handle, jack_port_get_latency_range) &&
      LIMPID_FIND(handle, jack_port_set_latency_range) && LIMPID_FIND(handle, jack_recompute_total_latencies) &&
      LIMPID_FIND(handle, jack_get_ports) && LIMPID_FIND(handle, jack_connect) && LIMPID_FIND(handle, jack_disconnect);
  if (!isComplete) return;
  LIMPID_FIND(handle, jack_port_uuid);
  LIMPID_FIND(handle, jack_get_uuid_for_client_name);
  LIMPID_FIND(handle, jack_uuid_parse);
  LIMPID_FIND(handle, jack_set_property);
  LIMPID_FIND(handle, jack_get_property);
}

LIMPID_HIDDEN bool limpid_jack_load(void) {
  pthread_once(&once, load);
  return isComplete;
}

LIMPID_HIDDEN void limpid_jack_prefer_pipewire(void) { prefersPipeWire = true; }

LIMPID_HIDDEN bool limpid_jack_is_pipewire(void) { return limpid_jack_load() && isPipeWire; }

// These two come before a client is opened, and open the library.
LIMPID_HIDDEN void jack_set_error_function(void (*function)(const char *)) {
  if (limpid_jack_load()) found_jack_set_error_function(function);
}

LIMPID_HIDDEN void jack_set_info_function(void (*function)(const char *)) {
  if (limpid_jack_load()) found_jack_set_info_function(function);
}

LIMPID_HIDDEN jack_client_t *limpid_jack_client_open(
    const char *name, unsigned options, jack_status_t *status, const char *server) {
  if (!limpid_jack_load()) return NULL;
  return server ? found_jack_client_open(name, (jack_options_t)(options | JackServerName), status, server)
                : found_jack_client_open(name, (jack_options_t)options, status);
}
