// Calls the live callback from a function that RealtimeSanitizer watches: any malloc, lock, sleep or file below it, in Swift,
// FFTW, speexdsp or libc, ends the program with a report. With --control it allocates on purpose, to see that it would.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void (*block_callback)(void *, const float *const *, float *const *, long, unsigned);
extern void *limpid_prepare_callback(const char *model, long sample_rate, long block, block_callback *function);
extern long limpid_end_callback(void);

enum { block = 128, rate = 48000, blocks = 1500 };

static void audio(block_callback function, void *context, float *samples, int allocates) __attribute__((nonblocking)) {
  const float *inputs[1] = {samples};
  float *outputs[1] = {samples};
  function(context, inputs, outputs, block, 0);
  if (allocates) {
    void *volatile memory = malloc(16);  // volatile, or the optimiser takes it out
    free(memory);
  }
}

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: RealTimeHost MODEL [--control]\n");
    return 64;
  }
  block_callback function;
  void *context = limpid_prepare_callback(arguments[1], rate, block, &function);
  if (!context) return 1;
  int allocates = count > 2 && strcmp(arguments[2], "--control") == 0;
  static float samples[block];
  unsigned state = 1;
  for (int n = 0; n < blocks; ++n) {
    for (int i = 0; i < block; ++i) {
      state = state * 1664525u + 1013904223u;
      samples[i] = (float)(int)state * 0x1p-34f;
    }
    audio(function, context, samples, allocates && n == 100);
    struct timespec pause = {.tv_nsec = 2000000};
    if (n % 3 != 0) nanosleep(&pause, NULL);
  }
  return limpid_end_callback() > 0 ? 0 : 1;
}
