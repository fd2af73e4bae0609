// LADSPA, LV2 and the C library in one process, each on threads of its own at once: every one gives what it gives alone. While the
// LV2 plugin learns, another thread saves its state again and again.
// Usage: together LADSPA LV2 LIBLIMPID MODEL RATE NOISY.f32 (2 channels) EXPECTED.f32 LEARNED.f32 FOLDER
//   EXPECTED: the light model; LEARNED: the wide one, learning from 0.7 to 2.2 s
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <limpid.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"
#include "sound.h"

static int rate;
static const float *noisy;
static size_t length;  // samples per channel

// The samples that differ from what was expected.
static size_t differing(const float *made, const char *expected) {
  size_t count, different = 0;
  float *wanted = read_floats(expected, &count);
  for (size_t n = 0; n < 2 * length; n++) different += memcmp(&made[n], &wanted[n], sizeof(float)) != 0;
  if (count != 2 * length) different = count + 1;
  free(wanted);
  return different;
}

typedef struct task {
  const char *name, *expected, *folder;
  const face *face;           // NULL: the C library
  const char *library, *model;
  size_t block;
  int learns;
  size_t different;
} task;

static plugin *saved_plugin;
static atomic_int is_saving, saves;

static void *save_again_and_again(void *folder) {
  while (atomic_load(&is_saving)) {
    if (plugin_save(saved_plugin, folder)) exit((fprintf(stderr, "the state is not saved\n"), 1));
    atomic_fetch_add(&saves, 1);
    usleep(1000);
  }
  return NULL;
}

static void *render_plugin(void *argument) {
  task *this = argument;
  plugin *made_plugin = plugin_make(this->face, rate, 2);
  if (!made_plugin) exit((fprintf(stderr, "%s refused\n", this->name), 1));
  float *input[2], *output[2];
  for (int n = 0; n < 2; n++) input[n] = guarded_floats(this->block), output[n] = input[n];  // in place
  plugin_connect_audio(made_plugin, input, output);
  plugin_activate(made_plugin);
  made_plugin->controls[model_port] = this->learns;
  plugin_run(made_plugin, 0);
  pthread_t saver;
  if (this->folder) {
    saved_plugin = made_plugin;
    is_saving = 1;
    pthread_create(&saver, NULL, save_again_and_again, (void *)this->folder);
  }
  size_t latency = (size_t)made_plugin->latency, all = length + latency;
  float *made = calloc(2 * all, sizeof(float));
  size_t from = 7 * (size_t)rate / 10, to = 22 * (size_t)rate / 10;
  for (size_t done = 0; done < all;) {
    size_t part = this->block < all - done ? this->block : all - done;
    if (this->learns) {
      if (done < from && done + part > from) part = from - done;
      if (done < to && done + part > to) part = to - done;
      made_plugin->controls[learn_port] = done >= from && done < to;
    }
    for (int channel = 0; channel < 2; channel++)
      for (size_t n = 0; n < part; n++)
        input[channel][n] = done + n < length ? noisy[2 * (done + n) + channel] : 0;
    plugin_run(made_plugin, part);
    for (int channel = 0; channel < 2; channel++)
      for (size_t n = 0; n < part; n++) made[2 * (done + n) + channel] = output[channel][n];
    done += part;
  }
  if (this->folder) {
    is_saving = 0;
    pthread_join(saver, NULL);
    if (plugin_save(made_plugin, this->folder)) exit(1);
  }
  plugin_deactivate(made_plugin);
  plugin_free(made_plugin);
  this->different = differing(made + 2 * latency, this->expected);
  free(made);
  for (int n = 0; n < 2; n++) free_guarded(input[n], this->block);
  return NULL;
}

#define LOOK_UP(name) __typeof__(&name) p_##name = (__typeof__(&name))dlsym(library, #name)

static void *render_library(void *argument) {
  task *this = argument;
  void *library = dlopen(this->library, RTLD_NOW | RTLD_LOCAL);
  if (!library) exit((fprintf(stderr, "%s\n", dlerror()), 1));
  LOOK_UP(limpid_model_open);
  LOOK_UP(limpid_create);
  LOOK_UP(limpid_set_text);
  LOOK_UP(limpid_prepare);
  LOOK_UP(limpid_latency);
  LOOK_UP(limpid_process_interleaved);
  LOOK_UP(limpid_destroy);
  LOOK_UP(limpid_model_close);
  LOOK_UP(limpid_last_error);
  limpid_model *model;
  limpid_enhancer *enhancer;
  int latency;
  if (p_limpid_model_open(this->model, NULL, &model) || p_limpid_create(model, &enhancer) ||
      p_limpid_set_text(enhancer, "noise-selection", "residual") ||
      p_limpid_set_text(enhancer, "post-filter", "2") || p_limpid_prepare(enhancer, rate, 2) ||
      p_limpid_latency(enhancer, &latency))
    exit((fprintf(stderr, "%s\n", p_limpid_last_error()), 1));
  size_t all = length + latency;
  float *made = calloc(2 * all, sizeof(float));
  memcpy(made, noisy, 2 * length * sizeof(float));
  for (size_t done = 0; done < all; done += this->block) {
    size_t part = this->block < all - done ? this->block : all - done;
    p_limpid_process_interleaved(enhancer, made + 2 * done, made + 2 * done, part);
  }
  p_limpid_destroy(enhancer);
  p_limpid_model_close(model);
  this->different = differing(made + 2 * latency, this->expected);
  free(made);
  dlclose(library);
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 10) return 2;
  size_t floats;
  rate = atoi(arguments[5]);
  noisy = read_floats(arguments[6], &floats);
  length = floats / 2;
  const face *ladspa = load_face(arguments[1]), *lv2 = load_face(arguments[2]);
  const char *light = arguments[7], *learned = arguments[8], *folder = arguments[9];
  task tasks[] = {
      {.name = "LADSPA", .expected = light, .face = ladspa, .block = 64},
      {.name = "LADSPA, another instance", .expected = learned, .face = ladspa, .block = 1000, .learns = 1},
      {.name = "LV2", .expected = light, .face = lv2, .block = 480},
      {.name = "LV2, learning, saved at the same time", .expected = learned, .folder = folder, .face = lv2, .block = 128,
       .learns = 1},
      {.name = "the C library", .expected = light, .library = arguments[3], .model = arguments[4], .block = 512},
  };
  enum { task_count = sizeof tasks / sizeof tasks[0] };
  pthread_t threads[task_count];
  for (int n = 0; n < task_count; n++)
    pthread_create(&threads[n], NULL, tasks[n].face ? render_plugin : render_library, &tasks[n]);
  int failed = 0;
  for (int n = 0; n < task_count; n++) {
    pthread_join(threads[n], NULL);
    if (tasks[n].different) fprintf(stderr, "%s: %zu samples differ\n", tasks[n].name, tasks[n].different), failed = 1;
  }
  printf("%d renders at once are as they are alone; the state was saved %d times beside one\n", task_count, saves);
  free((float *)noisy);
  return failed;
}
