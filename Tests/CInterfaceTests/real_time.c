// A device made of a file: hands blocks to limpid_process_real_time, the latency taken off.
// Usage: real_time MODEL RATE CHANNELS BLOCK IN.f32 OUT.f32 wait|pace|blocks [LEARN.f32 | -] [KEY=VALUE…]
// wait: as fast as it goes, the output that of limpid_process; pace: one block in a block's time, as a device; blocks:
// limpid_process itself, which is as fit for a callback.
#define _GNU_SOURCE
#include "support.h"

#include <time.h>

#if defined(__has_feature)
#if __has_feature(realtime_sanitizer)
#define NONBLOCKING __attribute__((nonblocking))
#endif
#endif
#ifndef NONBLOCKING
#define NONBLOCKING
#endif

enum mode { WAIT, PACE, BLOCKS };

// The device's callback.
static limpid_status callback(
    limpid_enhancer *enhancer, const float *const *input, float *const *output, size_t count, enum mode mode)
    NONBLOCKING {
#ifdef CONTROL
  // What the sanitizer has to see.
  static void *volatile block;
  block = malloc(64);
#endif
  if (mode == BLOCKS) return limpid_process(enhancer, input, output, count);
  return limpid_process_real_time(enhancer, input, output, count, mode == WAIT ? LIMPID_MAY_WAIT : 0);
}

int main(int count, char **arguments) {
  if (count < 9) return 2;
  int rate = atoi(arguments[2]), channels = atoi(arguments[3]), block = atoi(arguments[4]), latency;
  enum mode mode = !strcmp(arguments[7], "wait") ? WAIT : !strcmp(arguments[7], "pace") ? PACE : BLOCKS;
  limpid_model *model;
  limpid_enhancer *enhancer;
  model = open_model(arguments[1]);
  succeed(limpid_create(model, &enhancer));
  set_all(enhancer, count - 9, arguments + 9);
  if (strcmp(arguments[8], "-")) {
    sound unwanted = read_sound(arguments[8]);
    succeed(limpid_learn(enhancer, unwanted.samples, unwanted.floats, rate));
    free(unwanted.samples);
  }
  succeed(
      mode == BLOCKS ? limpid_prepare(enhancer, rate, channels)
                     : limpid_prepare_real_time(enhancer, rate, channels, block));
  succeed(limpid_latency(enhancer, &latency));

  sound noisy = read_sound(arguments[5]);
  size_t length = noisy.floats / channels, blocks = (length + latency + block - 1) / block;
  float *clean = calloc(blocks * block * channels, sizeof(float)), memory[32][8192], *lanes[32];
  for (int channel = 0; channel < channels; channel++) lanes[channel] = memory[channel];
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (size_t n = 0; n < blocks; n++) {
    for (int channel = 0; channel < channels; channel++)
      for (int i = 0; i < block; i++) {
        size_t place = n * block + i;
        lanes[channel][i] = place < length ? noisy.samples[place * channels + channel] : 0;
      }
    if (mode == PACE) {
      due.tv_nsec += (long)(1e9 * block / rate);
      if (due.tv_nsec >= 1000000000) due.tv_sec++, due.tv_nsec -= 1000000000;
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    // In place; what a block is played into does not matter.
    succeed(callback(enhancer, (const float *const *)lanes, lanes, block, mode));
    for (int channel = 0; channel < channels; channel++)
      for (int i = 0; i < block; i++) clean[(n * block + i) * channels + channel] = lanes[channel][i];
  }
  const char *names[] = {"late", "reduced", "dry", "dry-samples", "reference-late", "overruns", "steps"};
  printf("latency %d", latency);
  for (int n = 0; n < 7 && mode != BLOCKS; n++) {
    uint64_t value;
    succeed(limpid_counter(enhancer, names[n], &value));
    printf(" %s %llu", names[n], (unsigned long long)value);
  }
  printf("\n");
  write_sound(arguments[6], clean + (size_t)latency * channels, length * channels);
  limpid_destroy(enhancer);
  limpid_model_close(model);
  free(clean), free(noisy.samples);
  return 0;
}
