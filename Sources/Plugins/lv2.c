// The LV2 plugins of limpid.lv2: what limpid.ttl states, and the state that a host's session keeps.
#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

// Of what was learned, in a session: an abstract path.
#define LEARNED_KEY "urn:limpid:learned"
#define LEARNED_FILE "learned.safetensors"

enum { most_ports = 2 * core_most_channels + core_control_count + 2 };

typedef struct instance {
  core *core;
  int channels;
  float *ports[most_ports];
  LV2_URID_Map *map;  // NULL: the host keeps no state
  LV2_Log_Log *log;   // NULL: sentences go to the standard error
} instance;

static void *feature(const LV2_Feature *const *features, const char *uri) {
  for (; features && *features; features++)
    if (!strcmp((*features)->URI, uri)) return (*features)->data;
  return NULL;
}

static int log_line(LV2_Log_Log *log, LV2_URID type, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int written = log->vprintf(log->handle, type, format, arguments);
  va_end(arguments);
  return written;
}

static void say(void *context, const char *sentence) {
  instance *this = context;
  if (this->log && this->map) log_line(this->log, this->map->map(this->map->handle, LV2_LOG__Error), "%s\n", sentence);
  else fprintf(stderr, "%s\n", sentence);
}

// NULL: what make refused, with which some hosts come all the same.
static void cleanup(LV2_Handle handle) {
  if (!handle) return;
  core_free(((instance *)handle)->core);
  free(handle);
}

static LV2_Handle make(double rate, int channels, const LV2_Feature *const *features) {
  instance *this = calloc(1, sizeof *this);
  if (!this) return NULL;
  this->channels = channels;
  this->map = feature(features, LV2_URID__map);
  this->log = feature(features, LV2_LOG__log);
  this->core = core_make(rate, channels, say, this);
  if (this->core) return this;
  free(this);
  return NULL;
}

static LV2_Handle make_mono(
    const LV2_Descriptor *unused, double rate, const char *bundle, const LV2_Feature *const *features) {
  (void)unused, (void)bundle;
  return make(rate, 1, features);
}

static LV2_Handle make_stereo(
    const LV2_Descriptor *unused, double rate, const char *bundle, const LV2_Feature *const *features) {
  (void)unused, (void)bundle;
  return make(rate, 2, features);
}

static void connect(LV2_Handle handle, uint32_t port, void *place) {
  instance *this = handle;
  if (port < most_ports) this->ports[port] = place;
}

// What was learned is the plugin's state, which a host may restore before it activates: it stays.
static void activate(LV2_Handle handle) {
  if (handle) core_reset(((instance *)handle)->core, 0);
}

static void run(LV2_Handle handle, uint32_t count) {
  instance *this = handle;
  float **controls = this->ports + 2 * this->channels, **told = controls + core_control_count;
  core_run(
      this->core, (const float *const *)this->ports, this->ports + this->channels, count, (const float *const *)controls);
  if (told[0]) *told[0] = core_latency(this->core);
  if (told[1]) *told[1] = core_learned(this->core);
}

// ---- State ----

static void free_path(const LV2_Feature *const *features, char *path) {
  LV2_State_Free_Path *freer = feature(features, LV2_STATE__freePath);
  if (freer) freer->free_path(freer->handle, path);
  else free(path);
}

// Beside run.
static LV2_State_Status save(
    LV2_Handle handle, LV2_State_Store_Function store, LV2_State_Handle state, uint32_t flags,
    const LV2_Feature *const *features) {
  (void)flags;
  instance *this = handle;
  LV2_State_Make_Path *maker = feature(features, LV2_STATE__makePath);
  LV2_State_Map_Path *mapper = feature(features, LV2_STATE__mapPath);
  if (!this->map || !maker || !mapper)
    return core_learned_any(this->core) ? LV2_STATE_ERR_NO_FEATURE : LV2_STATE_SUCCESS;
  if (!core_learned_any(this->core)) return LV2_STATE_SUCCESS;
  char *path = maker->path(maker->handle, LEARNED_FILE);
  if (!path) return LV2_STATE_ERR_UNKNOWN;
  int saved;
  LV2_State_Status status = LV2_STATE_SUCCESS;
  if (core_save_learned(this->core, path, &saved, say, this)) {
    status = LV2_STATE_ERR_UNKNOWN;
  } else if (saved) {
    char *abstract = mapper->abstract_path(mapper->handle, path);
    status = !abstract ? LV2_STATE_ERR_UNKNOWN
                       : store(state, this->map->map(this->map->handle, LEARNED_KEY), abstract, strlen(abstract) + 1,
                               this->map->map(this->map->handle, LV2_ATOM__Path),
                               LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
    if (abstract) free_path(features, abstract);
  }
  free_path(features, path);
  return status;
}

// Not beside run.
static LV2_State_Status restore(
    LV2_Handle handle, LV2_State_Retrieve_Function retrieve, LV2_State_Handle state, uint32_t flags,
    const LV2_Feature *const *features) {
  (void)flags;
  instance *this = handle;
  if (!this->map) return LV2_STATE_ERR_NO_FEATURE;
  size_t size = 0;
  uint32_t type = 0, kind = 0;
  const char *abstract = retrieve(state, this->map->map(this->map->handle, LEARNED_KEY), &size, &type, &kind);
  if (!abstract) {
    core_forget_learned(this->core);
    return LV2_STATE_SUCCESS;
  }
  if (type != this->map->map(this->map->handle, LV2_ATOM__Path)) return LV2_STATE_ERR_BAD_TYPE;
  if (size == 0 || abstract[size - 1] != 0) return LV2_STATE_ERR_UNKNOWN;
  LV2_State_Map_Path *mapper = feature(features, LV2_STATE__mapPath);
  if (!mapper) return LV2_STATE_ERR_NO_FEATURE;
  char *path = mapper->absolute_path(mapper->handle, abstract);
  if (!path) return LV2_STATE_ERR_UNKNOWN;
  int failed = core_restore_learned(this->core, path, say, this);
  free_path(features, path);
  return failed ? LV2_STATE_ERR_UNKNOWN : LV2_STATE_SUCCESS;
}

static const void *extension_data(const char *uri) {
  static const LV2_State_Interface state = {save, restore};
  return strcmp(uri, LV2_STATE__interface) ? NULL : &state;
}

static const LV2_Descriptor descriptors[core_most_channels] = {
    {"urn:limpid:mono", make_mono, connect, activate, run, NULL, cleanup, extension_data},
    {"urn:limpid:stereo", make_stereo, connect, activate, run, NULL, cleanup, extension_data},
};

LV2_SYMBOL_EXPORT const LV2_Descriptor *lv2_descriptor(uint32_t index) {
  return index < core_most_channels ? &descriptors[index] : NULL;
}
