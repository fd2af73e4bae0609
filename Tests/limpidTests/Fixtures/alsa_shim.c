// Between limpid and libasound: a device clock for plugins that have none, and faults at chosen blocks. Loaded by LD_PRELOAD.
//   LIMPID_SHIM_FAULTS="40:19,80:32"   the 40th read fails with ENODEV, the 80th with EPIPE. 86 is ESTRPIPE: two attempts to
//                                      resume fail, the third succeeds. 11 is EAGAIN: the device hangs until it is opened
//                                      anew. 0: half of what is there is given, and the rest when it is asked for again.
//   LIMPID_SHIM_ABSENT=3               after ENODEV so many attempts to open fail
//   LIMPID_SHIM_SPEED=20               how many times faster than its rate the device runs
//   LIMPID_SHIM_PPM="120:-80"          input and output have buffers and clocks of their own, so many ppm fast; without it the
//                                      output takes everything, and reading waits
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct _snd_pcm snd_pcm_t;
typedef struct _snd_pcm_hw_params snd_pcm_hw_params_t;
typedef long snd_pcm_sframes_t;
typedef unsigned long snd_pcm_uframes_t;

enum { capture = 1, prepared = 2, running = 3, xrun = 4 };

typedef struct {
  snd_pcm_t *pcm;
  int stream, isRunning, isStuck, hasXrun;
  double rate, began, position;  // samples that have passed the converter
  double passed;                 // samples written or read
  snd_pcm_uframes_t buffer, period;
} device;

static device devices[2];
static int reads, absent, resumes;
static double due;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

static double speed(void) {
  const char *text = getenv("LIMPID_SHIM_SPEED");
  return text ? atof(text) : 1;
}

static void pause_for(double seconds) {
  if (seconds <= 0) return;
  struct timespec pause = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (time_t)seconds) * 1e9)};
  nanosleep(&pause, NULL);
}

#define REAL(result, name, ...) ((result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

// The device with a clock of its own; NULL: a plugin as it is.
static device *find(snd_pcm_t *pcm) {
  if (!getenv("LIMPID_SHIM_PPM")) return NULL;
  for (int n = 0; n < 2; n++) {
    if (devices[n].pcm == pcm && devices[n].rate > 0) return &devices[n];
  }
  return NULL;
}

// Moves the converter to the present.
static void advance(device *d) {
  if (!d->isRunning || d->isStuck) return;
  d->position = (now() - d->began) * d->rate;
  double lag = d->stream == capture ? d->position - d->passed : d->passed - d->position;
  if (d->stream == capture ? lag > (double)d->buffer : lag < 0) {
    d->isRunning = 0;
    d->hasXrun = 1;
  }
}

static snd_pcm_sframes_t available(device *d) {
  advance(d);
  if (d->hasXrun) return -EPIPE;
  double there = d->stream == capture ? d->position - d->passed : (double)d->buffer - (d->passed - d->position);
  return there > 0 ? (snd_pcm_sframes_t)there : 0;
}

int snd_pcm_open(snd_pcm_t **pcm, const char *name, int stream, int mode) {
  if (absent > 0) {
    --absent;
    return -ENOENT;
  }
  int code = REAL(int, "snd_pcm_open", snd_pcm_t **, const char *, int, int)(pcm, name, stream, mode);
  if (code >= 0) devices[stream == capture] = (device){.pcm = *pcm, .stream = stream};
  return code;
}

int snd_pcm_hw_params(snd_pcm_t *pcm, snd_pcm_hw_params_t *params) {
  int code = REAL(int, "snd_pcm_hw_params", snd_pcm_t *, snd_pcm_hw_params_t *)(pcm, params);
  const char *ppm = getenv("LIMPID_SHIM_PPM");
  for (int n = 0; n < 2 && code >= 0 && ppm; n++) {
    if (devices[n].pcm != pcm) continue;
    device *d = &devices[n];
    unsigned rate = 0;
    REAL(int, "snd_pcm_hw_params_get_rate", const snd_pcm_hw_params_t *, unsigned *, int *)(params, &rate, NULL);
    REAL(int, "snd_pcm_get_params", snd_pcm_t *, snd_pcm_uframes_t *, snd_pcm_uframes_t *)(pcm, &d->buffer, &d->period);
    d->rate = rate * speed() * (1 + 1e-6 * atof(d->stream == capture ? ppm : strchr(ppm, ':') + 1));
  }
  return code;
}

int snd_pcm_prepare(snd_pcm_t *pcm) {
  device *d = find(pcm);
  if (d) d->isRunning = d->hasXrun = 0, d->position = d->passed = 0;
  return REAL(int, "snd_pcm_prepare", snd_pcm_t *)(pcm);
}

int snd_pcm_start(snd_pcm_t *pcm) {
  device *d = find(pcm);
  if (d) d->isRunning = 1, d->began = now();
  return d ? 0 : REAL(int, "snd_pcm_start", snd_pcm_t *)(pcm);
}

int snd_pcm_state(snd_pcm_t *pcm) {
  device *d = find(pcm);
  return d ? d->hasXrun ? xrun : d->isRunning ? running : prepared : REAL(int, "snd_pcm_state", snd_pcm_t *)(pcm);
}

int snd_pcm_drop(snd_pcm_t *pcm) {
  device *d = find(pcm);
  if (d) d->isRunning = 0;
  return REAL(int, "snd_pcm_drop", snd_pcm_t *)(pcm);
}

int snd_pcm_resume(snd_pcm_t *pcm) {
  if (resumes > 0) return --resumes, -EAGAIN;
  return REAL(int, "snd_pcm_resume", snd_pcm_t *)(pcm);
}

snd_pcm_sframes_t snd_pcm_avail(snd_pcm_t *pcm) {
  device *d = find(pcm);
  return d ? available(d) : REAL(snd_pcm_sframes_t, "snd_pcm_avail", snd_pcm_t *)(pcm);
}

snd_pcm_sframes_t snd_pcm_avail_update(snd_pcm_t *pcm) {
  device *d = find(pcm);
  return d ? available(d) : REAL(snd_pcm_sframes_t, "snd_pcm_avail_update", snd_pcm_t *)(pcm);
}

int snd_pcm_delay(snd_pcm_t *pcm, snd_pcm_sframes_t *count) {
  device *d = find(pcm);
  if (!d) return REAL(int, "snd_pcm_delay", snd_pcm_t *, snd_pcm_sframes_t *)(pcm, count);
  advance(d);
  if (d->hasXrun) return -EPIPE;
  *count = (snd_pcm_sframes_t)(d->stream == capture ? d->position - d->passed : d->passed - d->position);
  return 0;
}

int snd_pcm_wait(snd_pcm_t *pcm, int milliseconds) {
  device *d = find(pcm);
  if (!d) return REAL(int, "snd_pcm_wait", snd_pcm_t *, int)(pcm, milliseconds);
  double end = now() + milliseconds / 1000.0;
  while (1) {
    snd_pcm_sframes_t there = available(d);
    if (there < 0) return (int)there;
    if (there >= (snd_pcm_sframes_t)d->period) return 1;
    double left = ((double)d->period - there) / d->rate;
    if (!d->isRunning || d->isStuck || now() + left > end) return pause_for(end - now()), 0;
    pause_for(left);
  }
}

// The fault of this read, -1: none.
static int fault(void) {
  int index = reads++;
  for (const char *at = getenv("LIMPID_SHIM_FAULTS"); at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    if (atoi(at) == index) return atoi(strchr(at, ':') + 1);
  }
  return -1;
}

snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buffer, snd_pcm_uframes_t count) {
  device *d = find(pcm);
  int error = fault();
  if (error == ENODEV && getenv("LIMPID_SHIM_ABSENT")) absent = atoi(getenv("LIMPID_SHIM_ABSENT"));
  if (error == ESTRPIPE) resumes = 2;
  if (error == EAGAIN && d) d->isStuck = 1;
  if (error > 0) return -error;
  if (d) {
    static int isHalf;
    snd_pcm_sframes_t there = available(d);
    if (there < 0) return there;
    if (isHalf) return isHalf = 0, -EAGAIN;
    if (error == 0 && count > 1) isHalf = 1, count /= 2;
    if ((snd_pcm_uframes_t)there < count) count = (snd_pcm_uframes_t)there;
    if (count == 0) return -EAGAIN;
    // One channel of floats: faint noise, so that it can be told from memory that was not written.
    static uint32_t state = 1;
    for (snd_pcm_uframes_t n = 0; n < count; n++) {
      state = state * 1664525u + 1013904223u;
      ((float *)buffer)[n] = (float)(int32_t)state * 0x1p-36f;
    }
    d->passed += count;
    return (snd_pcm_sframes_t)count;
  }
  if (due < now() - 1) due = now();
  due += count / (48000.0 * speed());
  pause_for(due - now());
  return REAL(snd_pcm_sframes_t, "snd_pcm_readi", snd_pcm_t *, void *, snd_pcm_uframes_t)(pcm, buffer, count);
}

snd_pcm_sframes_t snd_pcm_writei(snd_pcm_t *pcm, const void *buffer, snd_pcm_uframes_t count) {
  device *d = find(pcm);
  if (!d) {
    return REAL(snd_pcm_sframes_t, "snd_pcm_writei", snd_pcm_t *, const void *, snd_pcm_uframes_t)(pcm, buffer, count);
  }
  snd_pcm_sframes_t room = available(d);
  if (room < 0) return room;
  if (room == 0) return -EAGAIN;
  if ((snd_pcm_uframes_t)room < count) count = (snd_pcm_uframes_t)room;
  d->passed += count;
  return (snd_pcm_sframes_t)count;
}
