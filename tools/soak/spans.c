// Is what a recording says was played from the delayed input exactly what was?
//
//   spans FOLDER LATENCY
//
// FOLDER is what limpid --record made (one channel, one segment), LATENCY the samples from input to output. Within each
// span that events.txt counts the output has to be the delayed input at the span's gain, to the bit, as soon as the
// difference at its start has faded (5 ms); nowhere else may 16 samples in a row be the delayed input at any one gain.
// One line of JSON; exit code 1 where it is not so.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { run = 16 };

typedef struct {
  float *samples;
  long count, rate;
} wave;

typedef struct {
  long start, end;
  float gain;
} span;

static void fail(const char *what, const char *name) {
  fprintf(stderr, "spans: %s %s\n", what, name);
  exit(2);
}

static char *name_in(const char *folder, const char *file) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  return path;
}

static wave read_wave(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot open", path);
  unsigned char head[12], chunk[8], format[16];
  if (fread(head, 1, 12, file) != 12 || memcmp(head + 8, "WAVE", 4)) fail("no WAV file:", path);
  wave read = {0};
  while (fread(chunk, 1, 8, file) == 8) {
    uint32_t size;
    memcpy(&size, chunk + 4, 4);
    if (!memcmp(chunk, "fmt ", 4) && size >= 16) {
      uint16_t channels, bits;
      uint32_t rate;
      if (fread(format, 1, 16, file) != 16) break;
      memcpy(&channels, format + 2, 2);
      memcpy(&rate, format + 4, 4);
      memcpy(&bits, format + 14, 2);
      if (channels != 1 || bits != 32) fail("not one channel of floats:", path);
      read.rate = rate;
      size -= 16;
    } else if (!memcmp(chunk, "data", 4)) {
      read.count = size / 4;
      read.samples = malloc(size + 4);
      if (!read.samples || fread(read.samples, 4, (size_t)read.count, file) != (size_t)read.count) break;
      fclose(file);
      return read;
    }
    fseek(file, size + (size & 1), SEEK_CUR);
  }
  fail("cannot read", path);
  return read;
}

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: spans FOLDER LATENCY\n"), 2;
  long latency = atol(arguments[2]);
  wave input = read_wave(name_in(arguments[1], "input.wav")), output = read_wave(name_in(arguments[1], "output.wav"));
  if (input.count != output.count) fail("input and output differ in length in", arguments[1]);
  FILE *events = fopen(name_in(arguments[1], "events.txt"), "r");
  if (!events) fail("cannot open", name_in(arguments[1], "events.txt"));
  span *spans = NULL;
  long spanCount = 0, room = 0, counted = 0, position, length;
  char line[256], gain[64];
  while (fgets(line, sizeof line, events)) {
    if (sscanf(line, "dry %ld %ld %63s", &position, &length, gain) != 3) continue;
    counted += length;
    if (spanCount && spans[spanCount - 1].end == position) {
      spans[spanCount - 1].end += length;  // the gain is that of the span's start
      continue;
    }
    if (spanCount == room) spans = realloc(spans, (size_t)(room = 2 * room + 64) * sizeof *spans);
    spans[spanCount++] = (span){position, position + length, strtof(gain, NULL)};
  }
  fclose(events);

  long fade = (long)(0.005 * (double)output.rate), exact = 0, wrong = 0, firstWrong = -1, uncounted = 0, firstUncounted = -1;
  long notFinite = 0, current = 0, equal = 0;
  float ratio = 0;
  for (long n = 0; n < output.count; n++) {
    float played = output.samples[n], dry = n >= latency ? input.samples[n - latency] : 0;
    if (!isfinite(played)) notFinite++;
    while (current < spanCount && spans[current].end + fade <= n) current++;
    const span *near = current < spanCount && spans[current].start <= n ? &spans[current] : NULL;
    // Two spans may lie within a fade.
    for (long next = current; near && next + 1 < spanCount && spans[next + 1].start <= n; next++) near = &spans[next + 1];
    if (near) {
      equal = 0;
      if (n < near->start + fade || n >= near->end) continue;
      exact++;
      if (played != near->gain * dry) {
        wrong++;
        if (firstWrong < 0) firstWrong = n;
      }
      continue;
    }
    if (dry == 0) {
      if (played != 0) equal = 0;
      continue;
    }
    float now = played / dry;
    if (equal && fabsf(now - ratio) <= 1e-6f * fabsf(ratio)) {
      if (++equal == run) {
        uncounted++;
        if (firstUncounted < 0) firstUncounted = n - run + 1;
      }
    } else {
      ratio = now;
      equal = played != 0;
    }
  }
  printf(
      "{\"samples\":%ld,\"spans\":%ld,\"counted\":%ld,\"exact\":%ld,\"wrong\":%ld,\"firstWrong\":%ld,\"uncounted\":%ld,"
      "\"firstUncounted\":%ld,\"notFinite\":%ld}\n",
      output.count, spanCount, counted, exact, wrong, firstWrong, uncounted, firstUncounted, notFinite);
  return wrong || uncounted || notFinite;
}
