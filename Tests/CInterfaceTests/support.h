// What the C programs share: raw sound (32-bit floats, interleaved) in and out, and an end where something is wrong.
#ifndef LIMPID_TEST_SUPPORT_H
#define LIMPID_TEST_SUPPORT_H

#define _GNU_SOURCE
#include <limpid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Ends the program with the sentence of the library where a call fails.
static inline void succeed(limpid_status status) {
  if (status == LIMPID_OK) return;
  fprintf(stderr, "status %d: %s\n", status, limpid_last_error());
  exit(1);
}

typedef struct {
  float *samples;
  size_t floats;
} sound;

static inline sound read_sound(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) exit((perror(path), 1));
  sound result = {NULL, 0};
  size_t room = 0, got;
  do {
    room += 1 << 20;
    result.samples = realloc(result.samples, room * sizeof(float));
    got = fread(result.samples + result.floats, sizeof(float), room - result.floats, file);
    result.floats += got;
  } while (got > 0);
  fclose(file);
  return result;
}

static inline void write_sound(const char *path, const float *samples, size_t floats) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(samples, sizeof(float), floats, file) != floats || fclose(file)) exit((perror(path), 1));
}

// A model by its file, or two as one: FIRST+SECOND.
static inline limpid_model *open_model(const char *files) {
  limpid_model *first, *second, *pair;
  const char *plus = strchr(files, '+');
  if (!plus) {
    succeed(limpid_model_open(files, NULL, &first));
    return first;
  }
  char *name = strndup(files, plus - files);
  succeed(limpid_model_open(name, NULL, &first));
  succeed(limpid_model_open(plus + 1, NULL, &second));
  succeed(limpid_model_pair(first, second, &pair));
  limpid_model_close(first);  // the pair has its share
  limpid_model_close(second);
  free(name);
  return pair;
}

// Lays settings over an enhancer: arguments of the form KEY=VALUE.
static inline void set_all(limpid_enhancer *enhancer, int count, char **arguments) {
  for (int n = 0; n < count; n++) {
    char *value = strchr(arguments[n], '=');
    if (!value) continue;
    *value = 0;
    succeed(limpid_set_text(enhancer, arguments[n], value + 1));
    *value = '=';
  }
}

#endif
