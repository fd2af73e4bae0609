// Renders a file through a plugin in blocks of one size, the stated latency taken off; with -DHEAP_COUNTER, no heap call and no
// lock may be made in run. Prints the latency, what was learned, the share of a processor, and how long a run in which a frame of
// 10 ms becomes whole takes of it.
// Usage: render PLUGIN RATE CHANNELS BLOCK IN.f32 OUT.f32 [CONTROL=VALUE[@SECONDS]…] [restore=FOLDER] [save=FOLDER] [twice]
//   CONTROL: limit, mix, bypass, learn, freeze, forget, model, passes; @: from that second on
//   twice: deactivated, activated and rendered once more before; what counts is the second time
#define _GNU_SOURCE
#include <string.h>
#include <time.h>

#include "plugin.h"
#include "sound.h"

#ifdef HEAP_COUNTER
#include "heap_counter.h"
#else
static unsigned long heap_call_count(void) { return 0; }
static unsigned long lock_call_count(void) { return 0; }
#endif

static const char *const names[control_count] = {"limit", "mix", "bypass", "learn", "freeze", "forget", "model", "passes"};

typedef struct change {
  size_t place;
  int control;
  float value;
} change;

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

static double processor_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(int count, char **arguments) {
  if (count < 7) return 2;
  int rate = atoi(arguments[2]), channels = atoi(arguments[3]), rounds = 1;
  size_t block = atoi(arguments[4]), floats;
  change changes[64];
  int change_count = 0;
  const char *restores = NULL, *saves = NULL;
  for (int n = 7; n < count; n++) {
    char *value = strchr(arguments[n], '=');
    if (!strcmp(arguments[n], "twice")) rounds = 2;
    if (!value) continue;
    *value++ = 0;
    if (!strcmp(arguments[n], "restore")) restores = value;
    if (!strcmp(arguments[n], "save")) saves = value;
    char *place = strchr(value, '@');
    for (int control = 0; control < control_count; control++)
      if (!strcmp(arguments[n], names[control]))
        changes[change_count++] = (change){place ? (size_t)(atof(place + 1) * rate) : 0, control, strtof(value, NULL)};
  }
  const face *kind = load_face(arguments[1]);
  plugin *this = plugin_make(kind, rate, channels);
  if (!this) return 1;
  if (restores && plugin_restore(this, restores)) return (fprintf(stderr, "the state is not restored\n"), 1);

  float *noisy = read_floats(arguments[5], &floats);
  size_t length = floats / channels;
  float *input[2], *output[2];
  for (int channel = 0; channel < channels; channel++) {
    input[channel] = guarded_floats(block), output[channel] = guarded_floats(block);
  }
  plugin_connect_audio(this, input, output);
  float *made = NULL;
  size_t latency = 0, heap = 0, locks = 0;
  double all_time = 0, *times = NULL;
  size_t time_count = 0;
  for (int round = 0; round < rounds; round++) {
    plugin_activate(this);
    for (int n = 0; n < change_count; n++)
      if (changes[n].place == 0) this->controls[changes[n].control] = changes[n].value;
    plugin_run(this, 0);  // a host may ask for the latency so
    latency = (size_t)this->latency;
    size_t all = length + latency;
    free(made);
    made = calloc(all * channels + 1, sizeof(float));
    times = realloc(times, (time_count + all / block + 2 + change_count) * sizeof(double));
    // A block ends where a control changes, so that all sizes of blocks hear it at the same sample.
    for (size_t done = 0; done < all;) {
      size_t part = block < all - done ? block : all - done;
      for (int n = 0; n < change_count; n++) {
        if (changes[n].place > done && changes[n].place < done + part) part = changes[n].place - done;
        if (changes[n].place == done) this->controls[changes[n].control] = changes[n].value;
      }
      for (int channel = 0; channel < channels; channel++)
        for (size_t n = 0; n < part; n++) {
          input[channel][n] = done + n < length ? noisy[(done + n) * channels + channel] : 0;
          output[channel][n] = __builtin_nanf("");
        }
      unsigned long heap_before = heap_call_count(), locks_before = lock_call_count();
      double start = processor_time();
      plugin_run(this, part);
      double taken = processor_time() - start;
      heap += heap_call_count() - heap_before, locks += lock_call_count() - locks_before;
      all_time += taken;
      times[time_count++] = taken;
      if ((size_t)this->latency != latency) return (fprintf(stderr, "the latency changed\n"), 1);
      for (int channel = 0; channel < channels; channel++)
        for (size_t n = 0; n < part; n++) made[(done + n) * channels + channel] = output[channel][n];
      done += part;
    }
    plugin_deactivate(this);
  }
  write_floats(arguments[6], made + latency * channels, length * channels);
  // The slowest runs are those with a frame: so many of them have one.
  qsort(times, time_count, sizeof(double), compare);
  double frames = time_count * (block < (size_t)rate / 100 ? (double)block * 100 / rate : 1);
  printf("latency %zu learned %.2f load %.3f a run with a frame: median %.0f us, 1 %% above %.0f us\n", latency, this->learned,
         all_time * rate / (length + latency) / rounds, 1e6 * times[time_count - 1 - (size_t)(frames / 2)],
         1e6 * times[time_count - 1 - (size_t)(frames / 100)]);
  if (saves && plugin_save(this, saves)) return (fprintf(stderr, "the state is not saved\n"), 1);
  plugin_free(this);
  for (int channel = 0; channel < channels; channel++) {
    free_guarded(input[channel], block), free_guarded(output[channel], block);
  }
  free(noisy), free(made), free(times);
  if (heap || locks) return (fprintf(stderr, "run made %zu heap calls and took %zu locks\n", heap, locks), 1);
  return 0;
}
