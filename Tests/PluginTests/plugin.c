#define _GNU_SOURCE
#include "plugin.h"

#include <dlfcn.h>
#include <ladspa.h>
#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(realtime_sanitizer)
#define REAL_TIME __attribute__((nonblocking))
#endif
#endif
#ifndef REAL_TIME
#define REAL_TIME
#endif

struct face {
  const LADSPA_Descriptor *ladspa[2];  // by channels, less one
  const LV2_Descriptor *lv2[2];
};

const face *load_face(const char *path) {
  // As hosts do: nothing of a plugin is for others, and all of it is looked up at once.
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  face *this = calloc(1, sizeof *this);
  LADSPA_Descriptor_Function ladspa = (LADSPA_Descriptor_Function)dlsym(library, "ladspa_descriptor");
  LV2_Descriptor_Function lv2 = (LV2_Descriptor_Function)dlsym(library, "lv2_descriptor");
  for (int n = 0; n < 2; n++) {
    if (ladspa) this->ladspa[n] = ladspa(n);
    if (lv2) this->lv2[n] = lv2(n);
  }
  if ((!this->ladspa[1] && !this->lv2[1]) || (ladspa && ladspa(2)) || (lv2 && lv2(2))) {
    fprintf(stderr, "%s does not hold two plugins\n", path);
    exit(1);
  }
  return this;
}

int is_lv2(const face *this) { return this->lv2[0] != NULL; }

// ---- LV2's features ----

static char uris[64][128];
static LV2_URID map_uri(LV2_URID_Map_Handle unused, const char *uri) {
  (void)unused;
  for (LV2_URID n = 0; n < 64; n++) {
    if (!uris[n][0]) snprintf(uris[n], sizeof uris[n], "%s", uri);
    if (!strcmp(uris[n], uri)) return n + 1;
  }
  return 0;
}
static LV2_URID_Map map = {NULL, map_uri};
static const LV2_Feature map_feature = {LV2_URID__map, &map};
static const LV2_Feature *const features[] = {&map_feature, NULL};

// ---- Life ----

plugin *plugin_make(const face *face, double rate, int channels) {
  plugin *this = calloc(1, sizeof *this);
  const LADSPA_Descriptor *ladspa = face->ladspa[channels - 1];
  const LV2_Descriptor *lv2 = face->lv2[channels - 1];
  *this = (plugin){.face = face, .channels = channels, .controls = {100, 1}, .latency = -1, .learned = -1};
  this->handle = lv2 ? lv2->instantiate(lv2, rate, "", features) : ladspa->instantiate(ladspa, (unsigned long)rate);
  if (!this->handle) {
    free(this);
    return NULL;
  }
  for (unsigned n = 0; n < control_count + 2; n++) {
    float *place = n < control_count ? &this->controls[n] : n == control_count ? &this->latency : &this->learned;
    if (lv2) lv2->connect_port(this->handle, 2 * channels + n, place);
    else ladspa->connect_port(this->handle, 2 * channels + n, place);
  }
  return this;
}

void plugin_connect_audio(plugin *this, float *const *input, float *const *output) {
  const LADSPA_Descriptor *ladspa = this->face->ladspa[this->channels - 1];
  const LV2_Descriptor *lv2 = this->face->lv2[this->channels - 1];
  for (int n = 0; n < 2 * this->channels; n++) {
    float *place = n < this->channels ? input[n] : output[n - this->channels];
    if (lv2) lv2->connect_port(this->handle, n, place);
    else ladspa->connect_port(this->handle, n, place);
  }
}

// What either standard leaves out is no call.
void plugin_activate(plugin *this) {
  const LADSPA_Descriptor *ladspa = this->face->ladspa[this->channels - 1];
  const LV2_Descriptor *lv2 = this->face->lv2[this->channels - 1];
  if (lv2 && lv2->activate) lv2->activate(this->handle);
  if (ladspa && ladspa->activate) ladspa->activate(this->handle);
}

REAL_TIME void plugin_run(plugin *this, size_t count) {
  if (this->face->lv2[0]) this->face->lv2[this->channels - 1]->run(this->handle, count);
  else this->face->ladspa[this->channels - 1]->run(this->handle, count);
#ifdef CONTROL
  void *volatile memory = malloc(1);  // the sanitizer sees this, or its silence would prove nothing
  free(memory);
#endif
}

void plugin_deactivate(plugin *this) {
  const LADSPA_Descriptor *ladspa = this->face->ladspa[this->channels - 1];
  const LV2_Descriptor *lv2 = this->face->lv2[this->channels - 1];
  if (lv2 && lv2->deactivate) lv2->deactivate(this->handle);
  if (ladspa && ladspa->deactivate) ladspa->deactivate(this->handle);
}

void plugin_free(plugin *this) {
  if (this->face->lv2[0]) this->face->lv2[this->channels - 1]->cleanup(this->handle);
  else this->face->ladspa[this->channels - 1]->cleanup(this->handle);
  free(this);
}

// ---- State: one property, kept in the folder's file "state" ----

typedef struct session {
  const char *folder;
  char value[4096];
  size_t size;
  LV2_URID key, type;
} session;

static char *joined(const char *folder, const char *name) {
  char *path;
  return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static char *make_path(LV2_State_Make_Path_Handle handle, const char *name) {
  return joined(((session *)handle)->folder, name);
}
// Abstract paths are names in the folder.
static char *abstract_path(LV2_State_Map_Path_Handle handle, const char *path) {
  const session *this = handle;
  size_t length = strlen(this->folder);
  return strncmp(path, this->folder, length) ? strdup(path) : strdup(path + length + 1);
}
static char *absolute_path(LV2_State_Map_Path_Handle handle, const char *path) {
  return joined(((session *)handle)->folder, path);
}
static void free_path(LV2_State_Free_Path_Handle unused, char *path) {
  (void)unused;
  free(path);
}

static LV2_State_Status store(
    LV2_State_Handle handle, uint32_t key, const void *value, size_t size, uint32_t type, uint32_t flags) {
  session *this = handle;
  if (size > sizeof this->value || !(flags & LV2_STATE_IS_POD)) return LV2_STATE_ERR_BAD_FLAGS;
  memcpy(this->value, value, size);
  this->size = size, this->key = key, this->type = type;
  return LV2_STATE_SUCCESS;
}

static const void *retrieve(LV2_State_Handle handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags) {
  session *this = handle;
  if (!this->size || key != this->key) return NULL;
  *size = this->size, *type = this->type, *flags = LV2_STATE_IS_POD;
  return this->value;
}

static int with_session(plugin *this, session *kept, int saves) {
  const LV2_Descriptor *lv2 = this->face->lv2[this->channels - 1];
  const LV2_State_Interface *state = lv2->extension_data(LV2_STATE__interface);
  LV2_State_Make_Path maker = {kept, make_path};
  LV2_State_Map_Path mapper = {kept, abstract_path, absolute_path};
  LV2_State_Free_Path freer = {NULL, free_path};
  const LV2_Feature make = {LV2_STATE__makePath, &maker}, map = {LV2_STATE__mapPath, &mapper},
                    dispose = {LV2_STATE__freePath, &freer};
  const LV2_Feature *const given[] = {&map_feature, &make, &map, &dispose, NULL};
  return saves ? state->save(this->handle, store, kept, LV2_STATE_IS_POD, given)
               : state->restore(this->handle, retrieve, kept, 0, given);
}

int plugin_save(plugin *this, const char *folder) {
  session *kept = calloc(1, sizeof *kept);
  kept->folder = folder;
  int status = with_session(this, kept, 1);
  char *path = joined(folder, "state");
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(kept->value, 1, kept->size, file) != kept->size || fclose(file)) status = -1;
  free(path), free(kept);
  return status;
}

int plugin_restore(plugin *this, const char *folder) {
  session *kept = calloc(1, sizeof *kept);
  kept->folder = folder;
  char *path = joined(folder, "state");
  FILE *file = fopen(path, "rb");
  if (file) kept->size = fread(kept->value, 1, sizeof kept->value, file), fclose(file);
  kept->key = map_uri(NULL, "urn:limpid:learned");
  kept->type = map_uri(NULL, LV2_ATOM__Path);
  int status = with_session(this, kept, 0);
  free(path), free(kept);
  return status;
}

// ---- Memory ----

static size_t pages(size_t count) {
  size_t page = sysconf(_SC_PAGESIZE);
  return (count * sizeof(float) + page - 1) / page * page;
}

float *guarded_floats(size_t count) {
  size_t bytes = pages(count), page = sysconf(_SC_PAGESIZE);
  char *memory = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + bytes, page, PROT_NONE)) exit((perror("mmap"), 1));
  return (float *)(memory + bytes) - count;
}

void free_guarded(float *floats, size_t count) {
  size_t bytes = pages(count), page = sysconf(_SC_PAGESIZE);
  munmap((char *)(floats + count) - bytes, bytes + page);
}
