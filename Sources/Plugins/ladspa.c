// The LADSPA plugins: limpid_mono and limpid_stereo.
#include <ladspa.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"

// Chosen once, and never to change: hosts keep them in their sessions.
static const unsigned long unique_ids[core_most_channels] = {7431601, 7431602};

enum { most_ports = 2 * core_most_channels + core_control_count + 2 };

typedef struct instance {
  core *core;
  int channels;
  LADSPA_Data *ports[most_ports];
} instance;

static void say(void *unused, const char *sentence) {
  (void)unused;
  fprintf(stderr, "%s\n", sentence);
}

static LADSPA_Handle make(unsigned long rate, int channels) {
  instance *this = calloc(1, sizeof *this);
  if (!this) return NULL;
  this->channels = channels;
  this->core = core_make((double)rate, channels, say, NULL);
  if (this->core) return this;
  free(this);
  return NULL;
}

static LADSPA_Handle make_mono(const LADSPA_Descriptor *unused, unsigned long rate) {
  (void)unused;
  return make(rate, 1);
}

static LADSPA_Handle make_stereo(const LADSPA_Descriptor *unused, unsigned long rate) {
  (void)unused;
  return make(rate, 2);
}

static void connect(LADSPA_Handle handle, unsigned long port, LADSPA_Data *place) {
  instance *this = handle;
  if (port < most_ports) this->ports[port] = place;
}

// LADSPA's instances remember nothing over a deactivation. NULL: what make refused, with which ffmpeg comes all the same.
static void activate(LADSPA_Handle handle) {
  if (handle) core_reset(((instance *)handle)->core, 1);
}

static void run(LADSPA_Handle handle, unsigned long count) {
  instance *this = handle;
  LADSPA_Data **controls = this->ports + 2 * this->channels, **told = controls + core_control_count;
  core_run(
      this->core, (const float *const *)this->ports, this->ports + this->channels, count, (const float *const *)controls);
  if (told[0]) *told[0] = core_latency(this->core);
  if (told[1]) *told[1] = core_learned(this->core);
}

static void cleanup(LADSPA_Handle handle) {
  if (!handle) return;
  core_free(((instance *)handle)->core);
  free(handle);
}

#define AUDIO(direction) (LADSPA_PORT_AUDIO | LADSPA_PORT_##direction)
#define CONTROL(direction) (LADSPA_PORT_CONTROL | LADSPA_PORT_##direction)
#define CONTROLS                                                                                                 \
  CONTROL(INPUT), CONTROL(INPUT), CONTROL(INPUT), CONTROL(INPUT), CONTROL(INPUT), CONTROL(INPUT), CONTROL(INPUT), \
      CONTROL(INPUT), CONTROL(OUTPUT), CONTROL(OUTPUT)
#define CONTROL_NAMES                                                                                        \
  "Attenuation limit (dB, 100 is none)", "Mix (0 input, 1 enhanced)", "Bypass", "Learn (what sounds now)", \
      "Freeze noise reference", "Forget what was learned", "Model (0 light, 1 wide, 2 both)", "Passes (1 or 2)", "latency", \
      "Learned (s)"
#define BOUNDED (LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE)
#define SWITCH {LADSPA_HINT_TOGGLED | LADSPA_HINT_DEFAULT_0, 0, 1}
#define CONTROL_HINTS                                                                                              \
  {BOUNDED | LADSPA_HINT_DEFAULT_MAXIMUM, 0, 100}, {BOUNDED | LADSPA_HINT_DEFAULT_MAXIMUM, 0, 1}, SWITCH, SWITCH, SWITCH, \
      SWITCH, {BOUNDED | LADSPA_HINT_INTEGER | LADSPA_HINT_DEFAULT_MINIMUM, 0, 2},                                 \
      {BOUNDED | LADSPA_HINT_INTEGER | LADSPA_HINT_DEFAULT_MINIMUM, 1, 2},                                         \
      {LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_INTEGER, 0, 0}, {BOUNDED, 0, 60}

static const LADSPA_PortDescriptor mono_ports[] = {AUDIO(INPUT), AUDIO(OUTPUT), CONTROLS};
static const LADSPA_PortDescriptor stereo_ports[] = {
    AUDIO(INPUT), AUDIO(INPUT), AUDIO(OUTPUT), AUDIO(OUTPUT), CONTROLS};
static const char *const mono_names[] = {"Input", "Output", CONTROL_NAMES};
static const char *const stereo_names[] = {"Left input", "Right input", "Left output", "Right output", CONTROL_NAMES};
static const LADSPA_PortRangeHint mono_hints[] = {{0}, {0}, CONTROL_HINTS};
static const LADSPA_PortRangeHint stereo_hints[] = {{0}, {0}, {0}, {0}, CONTROL_HINTS};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const LADSPA_Descriptor descriptors[core_most_channels] = {
    {
        .UniqueID = unique_ids[0],
        .Label = "limpid_mono",
        .Properties = LADSPA_PROPERTY_HARD_RT_CAPABLE,
        .Name = "Limpid speech enhancement (mono)",
        .Maker = "The Limpid authors",
        .Copyright = "GPL-3.0-or-later",
        .PortCount = COUNT(mono_ports),
        .PortDescriptors = mono_ports,
        .PortNames = mono_names,
        .PortRangeHints = mono_hints,
        .instantiate = make_mono,
        .connect_port = connect,
        .activate = activate,
        .run = run,
        .cleanup = cleanup,
    },
    {
        .UniqueID = unique_ids[1],
        .Label = "limpid_stereo",
        .Properties = LADSPA_PROPERTY_HARD_RT_CAPABLE,
        .Name = "Limpid speech enhancement (stereo)",
        .Maker = "The Limpid authors",
        .Copyright = "GPL-3.0-or-later",
        .PortCount = COUNT(stereo_ports),
        .PortDescriptors = stereo_ports,
        .PortNames = stereo_names,
        .PortRangeHints = stereo_hints,
        .instantiate = make_stereo,
        .connect_port = connect,
        .activate = activate,
        .run = run,
        .cleanup = cleanup,
    },
};

__attribute__((visibility("default"))) const LADSPA_Descriptor *ladspa_descriptor(unsigned long index) {
  return index < core_most_channels ? &descriptors[index] : NULL;
}
