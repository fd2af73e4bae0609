// Random actions of a host, in every order that the standards allow, on several instances of both plugins: no sample may be
// anything but finite. Under a sanitizer, no crash and no leak.
// Usage: fuzz LADSPA LV2 FOLDER SEED ACTIONS
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

enum { most_instances = 6, most_block = 8192 };

typedef enum phase { absent, made, active } phase;

typedef struct instance {
  phase phase;
  plugin *plugin;
  int channels, is_lv2, is_connected;
  size_t block;  // of the buffers
  float *input[2], *output[2];
} instance;

static uint64_t state;
static uint32_t draw(uint32_t below) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (uint32_t)((state >> 33) % below);
}
static float noise(void) { return draw(20001) / 10000.0f - 1; }

static const face *faces[2];
static const char *folder;
static instance instances[most_instances];
static unsigned long counts[12], samples, refused;

static void disconnect(instance *this) {
  for (int n = 0; n < this->channels; n++) {
    if (this->output[n] && this->output[n] != this->input[n] && this->output[n] != this->input[!n])
      free_guarded(this->output[n], this->block);
    this->output[n] = NULL;
  }
  for (int n = 0; n < this->channels; n++) {
    if (this->input[n]) free_guarded(this->input[n], this->block);
    this->input[n] = NULL;
  }
}

// New buffers, apart or shared as hosts share them.
static void connect(instance *this) {
  disconnect(this);
  size_t blocks[] = {0, 1, 64, 128, 480, 512, 1024, 4096, most_block};
  this->block = draw(3) ? blocks[draw(7)] : draw(20) ? draw(2000) : blocks[7 + draw(2)];
  int sharing = draw(4);
  for (int n = 0; n < this->channels; n++) this->input[n] = guarded_floats(this->block);
  for (int n = 0; n < this->channels; n++)
    this->output[n] = sharing == 0                           ? this->input[n]
                      : sharing == 1 && this->channels == 2 ? this->input[!n]
                                                             : guarded_floats(this->block);
  plugin_connect_audio(this->plugin, this->input, this->output);
  this->is_connected = 1;
}

static void fill(instance *this, size_t count) {
  int kind = draw(12);
  for (int channel = 0; channel < this->channels; channel++)
    for (size_t n = 0; n < count; n++) {
      float x = 0.1f * noise();
      switch (kind) {
        case 0: x = 0; break;
        case 1: x = draw(50) ? x : NAN; break;
        case 2: x = draw(50) ? x : draw(2) ? INFINITY : -INFINITY; break;
        case 3: x = 1e30f * noise(); break;
        case 4: x = 1e-40f * noise(); break;
        case 5: x = 1e9f * noise(); break;
        case 6: x = n % 96 < 48 ? 1 : -1; break;
        case 7: x = 0.3f * sinf(0.03f * n); break;
        default: break;
      }
      this->input[channel][n] = x;
    }
}

static void run(instance *this) {
  size_t count = draw(4) ? this->block : draw(this->block + 1);
  fill(this, count);
  plugin_run(this->plugin, count);
  samples += count * this->channels;
  for (int channel = 0; channel < this->channels; channel++)
    for (size_t n = 0; n < count; n++)
      if (!isfinite(this->output[channel][n]))
        exit((fprintf(stderr, "sample %zu is %g\n", n, this->output[channel][n]), 1));
  float latency = this->plugin->latency, learned = this->plugin->learned;
  if (!(latency > 0 && latency == floorf(latency) && learned >= 0))
    exit((fprintf(stderr, "latency %g, learned %g\n", latency, learned), 1));
}

static void turn(instance *this) {
  static const float odd[] = {NAN, INFINITY, -INFINITY, -1, 1e30f, 1000, 0.49f, 0.51f, 50, 200};
  int control = draw(control_count);
  this->plugin->controls[control] = draw(8) == 0           ? odd[draw(10)]
                                    : control == limit_port ? draw(101)
                                    : control == mix_port   ? draw(101) / 100.0f
                                                            : draw(2);
}

// One action on one instance, of those that are allowed now.
static void act(instance *this, int number) {
  char path[512];
  int action = draw(40);
  if (this->phase == absent) {
    static const int rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 48000, 88200, 96000, 192000, 4000, 1000000};
    this->is_lv2 = draw(2), this->channels = 1 + draw(2);
    this->plugin = plugin_make(faces[this->is_lv2], rates[draw(13)], this->channels);
    counts[0]++;
    if (!this->plugin) {
      refused++;
      return;
    }
    this->phase = made, this->is_connected = 0;
  } else if (action < 3) {
    connect(this);
    counts[1]++;
  } else if (action == 3 && this->is_lv2) {
    snprintf(path, sizeof path, "%s/%d", folder, number);
    if (plugin_save(this->plugin, path)) exit((fprintf(stderr, "the state is not saved\n"), 1));
    counts[5]++;
  } else if (action == 4 && this->is_lv2) {
    snprintf(path, sizeof path, "%s/%d", folder, (int)draw(most_instances));  // often another one's, or none
    plugin_restore(this->plugin, path);
    counts[6]++;
  } else if (action < 11) {
    turn(this);
    counts[7]++;
  } else if (this->phase == active && action < 13) {
    plugin_deactivate(this->plugin);
    this->phase = made;
    counts[3]++;
  } else if (this->phase == active) {
    if (!this->is_connected) connect(this);
    run(this);
    counts[8]++;
  } else if (action < 33) {
    plugin_activate(this->plugin);
    this->phase = active;
    counts[2]++;
  } else {
    plugin_free(this->plugin);  // also one that never ran
    disconnect(this);
    this->phase = absent;
    counts[4]++;
  }
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  faces[0] = load_face(arguments[1]), faces[1] = load_face(arguments[2]);
  folder = arguments[3];
  state = strtoull(arguments[4], NULL, 10) * 0x9E3779B97F4A7C15u | 1;
  long actions = atol(arguments[5]);
  for (long n = 0; n < actions; n++) {
    int number = draw(most_instances);
    act(&instances[number], number);
  }
  for (int n = 0; n < most_instances; n++) {
    instance *this = &instances[n];
    if (this->phase == active) plugin_deactivate(this->plugin);
    if (this->phase != absent) plugin_free(this->plugin), disconnect(this);
  }
  free((void *)faces[0]), free((void *)faces[1]);
#ifdef CONTROL
  void *volatile lost = malloc(7);  // the sanitizer sees this, or its silence would prove nothing
  lost = NULL;
#endif
  printf("%ld actions: made %lu (refused %lu), connected %lu, activated %lu, deactivated %lu, freed %lu, saved %lu, restored %lu, "
         "turned %lu, ran %lu; %lu samples, all finite\n",
         actions, counts[0], refused, counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7], counts[8],
         samples);
  return 0;
}
