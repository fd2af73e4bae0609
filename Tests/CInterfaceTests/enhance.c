// Enhances a file in blocks of many sizes, the latency taken off: what `limpid enhance` gives.
// Usage: enhance MODEL RATE CHANNELS IN.f32 OUT.f32 [LEARN.f32, one channel at the same rate | -] [KEY=VALUE…]
#include "support.h"

int main(int count, char **arguments) {
  if (count < 7) return 2;
  int rate = atoi(arguments[2]), channels = atoi(arguments[3]), latency;
  limpid_model *model = open_model(arguments[1]);
  limpid_enhancer *enhancer;
  succeed(limpid_create(model, &enhancer));
  limpid_model_close(model);  // the enhancer has its share
  set_all(enhancer, count - 7, arguments + 7);
  succeed(limpid_prepare(enhancer, rate, channels));
  if (strcmp(arguments[6], "-")) {
    sound unwanted = read_sound(arguments[6]);
    succeed(limpid_learn(enhancer, unwanted.samples, unwanted.floats, rate));
    free(unwanted.samples);
  }
  succeed(limpid_latency(enhancer, &latency));

  sound noisy = read_sound(arguments[4]);
  size_t length = noisy.floats / channels, all = length + latency;
  float *samples = calloc(all * channels, sizeof(float));
  memcpy(samples, noisy.samples, length * channels * sizeof(float));
  size_t sizes[] = {1, 480, 441, 4096, 7, 1024, 0, 333}, done = 0;
  for (int n = 0; done < all; n++) {
    size_t block = sizes[n % 8];
    if (block > all - done) block = all - done;
    float *here = samples + done * channels;
    succeed(limpid_process_interleaved(enhancer, here, here, block));
    done += block;
  }
  write_sound(arguments[5], samples + (size_t)latency * channels, length * channels);

  // The same again, channel by channel, from the beginning: the same bits.
  succeed(limpid_reset(enhancer));
  float *lanes = calloc(all * channels, sizeof(float)), *outputs[32];
  const float *inputs[32];
  for (int channel = 0; channel < channels; channel++) {
    inputs[channel] = outputs[channel] = lanes + all * channel;
    for (size_t n = 0; n < length; n++) lanes[all * channel + n] = noisy.samples[n * channels + channel];
  }
  succeed(limpid_process(enhancer, inputs, outputs, all));
  for (int channel = 0; channel < channels; channel++)
    for (size_t n = 0; n < all; n++)
      if (memcmp(&lanes[all * channel + n], &samples[n * channels + channel], sizeof(float))) {
        fprintf(stderr, "limpid_process differs from limpid_process_interleaved at sample %zu\n", n);
        return 1;
      }
  limpid_destroy(enhancer);
  free(lanes), free(samples), free(noisy.samples);
  return 0;
}
