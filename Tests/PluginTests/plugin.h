// A plugin of either kind, as a host holds it: loaded by dlopen, its ports by number.
#ifndef LIMPID_TEST_PLUGIN_H
#define LIMPID_TEST_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

enum { limit_port, mix_port, bypass_port, learn_port, freeze_port, forget_port, model_port, passes_port, control_count };

typedef struct face face;

typedef struct plugin {
  const face *face;
  void *handle;
  int channels;
  float controls[control_count];
  float latency, learned;
} plugin;

// One of "LADSPA-FILE" and "LV2-FILE", by its entry. Ends the program where it is neither.
const face *load_face(const char *path);
int is_lv2(const face *this);

// NULL: the plugin refused. Ports of controls are connected, with the defaults that it has.
plugin *plugin_make(const face *this, double rate, int channels);
void plugin_connect_audio(plugin *this, float *const *input, float *const *output);
void plugin_activate(plugin *this);
// The only function that is real-time: with the real-time sanitizer on it ends the program where the plugin is not.
void plugin_run(plugin *this, size_t count);
void plugin_deactivate(plugin *this);
void plugin_free(plugin *this);

// Of LV2: state in a folder of the host's, through makePath and mapPath. 0: done.
int plugin_save(plugin *this, const char *folder);
int plugin_restore(plugin *this, const char *folder);

// Memory of exactly so many floats before a page that nobody may touch.
float *guarded_floats(size_t count);
void free_guarded(float *floats, size_t count);

#endif
