// Raw sound, 32-bit floats interleaved, in and out.
#ifndef LIMPID_TEST_SOUND_H
#define LIMPID_TEST_SOUND_H

#include <stdio.h>
#include <stdlib.h>

static inline float *read_floats(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file) exit((perror(path), 1));
  fseek(file, 0, SEEK_END);
  *count = ftell(file) / sizeof(float);
  rewind(file);
  float *samples = malloc(*count * sizeof(float) + 1);
  if (fread(samples, sizeof(float), *count, file) != *count) exit((perror(path), 1));
  fclose(file);
  return samples;
}

static inline void write_floats(const char *path, const float *samples, size_t count) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(samples, sizeof(float), count, file) != count || fclose(file)) exit((perror(path), 1));
}

#endif
