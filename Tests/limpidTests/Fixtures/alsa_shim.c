// Between limpid and libasound: a device clock for plugins that have none, and faults at chosen blocks. Loaded by LD_PRELOAD.
//   LIMPID_SHIM_FAULTS="40:19,80:32"   the 40th read fails with ENODEV, the 80th with EPIPE
//   LIMPID_SHIM_ABSENT=3               after ENODEV so many attempts to open fail
//   LIMPID_SHIM_SPEED=20               how many times faster than its rate the device runs
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct _snd_pcm snd_pcm_t;
typedef long snd_pcm_sframes_t;
typedef unsigned long snd_pcm_uframes_t;

static int reads, absent;
static double due;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int snd_pcm_open(snd_pcm_t **pcm, const char *name, int stream, int mode) {
  if (absent > 0) {
    --absent;
    return -ENOENT;
  }
  int (*real)(snd_pcm_t **, const char *, int, int) = dlsym(RTLD_NEXT, "snd_pcm_open");
  return real(pcm, name, stream, mode);
}

snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buffer, snd_pcm_uframes_t count) {
  const char *faults = getenv("LIMPID_SHIM_FAULTS");
  const char *speed = getenv("LIMPID_SHIM_SPEED");
  int index = reads++;
  for (const char *at = faults; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    if (atoi(at) != index) continue;
    int error = atoi(strchr(at, ':') + 1);
    if (error == ENODEV && getenv("LIMPID_SHIM_ABSENT")) absent = atoi(getenv("LIMPID_SHIM_ABSENT"));
    return -error;
  }
  if (due < now() - 1) due = now();
  due += count / (48000.0 * (speed ? atof(speed) : 1));
  double left = due - now();
  if (left > 0) {
    struct timespec pause = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (time_t)left) * 1e9)};
    nanosleep(&pause, NULL);
  }
  snd_pcm_sframes_t (*real)(snd_pcm_t *, void *, snd_pcm_uframes_t) = dlsym(RTLD_NEXT, "snd_pcm_readi");
  return real(pcm, buffer, count);
}
