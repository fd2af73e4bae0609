// What both plugins are: Limpid for one or two channels behind a host's controls. On limpid.h alone.
#ifndef LIMPID_PLUGIN_CORE_H
#define LIMPID_PLUGIN_CORE_H

#include <stddef.h>

enum { core_most_channels = 2 };

// The ports of either plugin: first the channels' inputs, then their outputs, then the controls in this order, then the
// two that tell. limpid.lv2 and ladspa.c state the same.
typedef enum core_control {
  core_attenuation_limit,  // dB, 0 to core_no_limit, which is none
  core_mix,                // 0: the input, 1: the enhanced signal
  core_bypass,             // the rest: off, on
  core_learn,
  core_freeze,
  core_forget,  // when it goes on
  core_model,   // 0: light, 1: wide, 2: both
  core_passes,  // 1 or 2
  core_control_count
} core_control;

static const float core_no_limit = 100;

// What a control has where the host gives none, and its range.
typedef struct core_range {
  float least, most, usual;
} core_range;
extern const core_range core_ranges[core_control_count];

// Takes one sentence on what is wrong, on the thread that called.
typedef void (*core_say)(void *context, const char *sentence);

typedef struct core core;

// Any thread but a real-time one: reads the models and makes all memory. NULL: it cannot be, and why was said.
core *core_make(double rate, int channels, core_say say, void *context);
void core_free(core *this);

// Back to the beginning: what was heard is forgotten. What was learned is forgotten too, or stays.
void core_reset(core *this, int forgets);

// A block of any size. input, output: (channels) pointers to count samples; an output may be any of the inputs. controls:
// (core_control_count) pointers; NULL or a NULL among them: as it was. Neither allocates, locks nor waits.
void core_run(core *this, const float *const *input, float *const *output, size_t count, const float *const *controls);

// Samples per channel from an input sample to the output sample that holds it; always the same.
int core_latency(const core *this);

// Seconds of sound that were learned and are removed now, by the model that is chosen.
float core_learned(const core *this);

// Whether anything was learned, whatever model is chosen. Also beside core_run.
int core_learned_any(const core *this);

// What was learned, to a file and back; beside core_run only the first. 0: done, or there is nothing to save: *saved is 0 then.
// Else why not was said.
int core_save_learned(core *this, const char *path, int *saved, core_say say, void *context);
int core_restore_learned(core *this, const char *path, core_say say, void *context);
// Nothing was learned. Not beside core_run.
void core_forget_learned(core *this);

#endif
