// Enhances a whole recording, on both ways or as it comes alone: what `limpid enhance` gives of a file.
// Usage: recording MODEL BACKWARD|- WARM-UP RATE CHANNELS IN.f32 OUT.f32 [LEARN.f32, one channel at the same rate | -] [KEY=VALUE…]
#include "support.h"

typedef struct told {
  double done, limit;
  int calls, falls;
} told;

static int tell(void *context, double done) {
  told *this = context;
  this->calls++;
  this->falls += done < this->done || done < 0 || done > 1;
  this->done = done;
  return done > this->limit;
}

static limpid_enhancer *make(const char *path, const char *learned, int rate, int count, char **settings) {
  limpid_model *model = open_model(path);
  limpid_enhancer *enhancer;
  succeed(limpid_create(model, &enhancer));
  limpid_model_close(model);
  set_all(enhancer, count, settings);
  if (strcmp(learned, "-")) {
    sound unwanted = read_sound(learned);
    succeed(limpid_learn(enhancer, unwanted.samples, unwanted.floats, rate));
    free(unwanted.samples);
  }
  return enhancer;
}

static void demand(int condition, const char *what) {
  if (!condition) fprintf(stderr, "recording.c: %s\n", what), exit(1);
}

int main(int count, char **arguments) {
  if (count < 9) return 2;
  double warm_up = atof(arguments[3]);
  int rate = atoi(arguments[4]), channels = atoi(arguments[5]);
  limpid_enhancer *enhancer = make(arguments[1], arguments[8], rate, count - 9, arguments + 9), *backward = NULL;
  succeed(limpid_prepare(enhancer, rate, channels));
  if (strcmp(arguments[2], "-")) backward = make(arguments[2], arguments[8], rate, count - 9, arguments + 9);

  sound noisy = read_sound(arguments[6]);
  size_t length = noisy.floats / channels;
  float *output = calloc(noisy.floats, sizeof(float)), *again = calloc(noisy.floats, sizeof(float));
  told context = {.limit = 2};
  // What was heard before counts for nothing.
  succeed(limpid_process_interleaved(enhancer, noisy.samples, again, length / 3));
  succeed(limpid_enhance_recording(enhancer, backward, noisy.samples, output, length, warm_up, tell, &context));
  demand(context.calls > 3 && context.falls == 0 && context.done > 0.99, "progress is not told as it goes");

  // Ended half-way, and whole again afterwards.
  context = (told){.limit = 0.5};
  limpid_status status =
      limpid_enhance_recording(enhancer, backward, noisy.samples, again, length, warm_up, tell, &context);
  demand(status == LIMPID_STOPPED && strstr(limpid_last_error(), "ended it"), "it was not ended");
  demand(context.done > 0.5 && context.done < 0.6, "it was not ended at once");
  succeed(limpid_enhance_recording(enhancer, backward, noisy.samples, again, length, warm_up, NULL, NULL));
  demand(!memcmp(output, again, noisy.floats * sizeof(float)), "the same recording has other bits");

  write_sound(arguments[7], output, noisy.floats);
  limpid_destroy(enhancer);
  limpid_destroy(backward);
  free(output), free(again), free(noisy.samples);
  return 0;
}
