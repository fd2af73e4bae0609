// Between limpid and libasound: gives plugins that have none a clock each, and faults at chosen moments. By LD_PRELOAD.
// Time is virtual: it passes only while somebody waits for a device, so that nothing is ever late, however busy the machine.
//   LIMPID_SHIM_FAULTS="40:19,80:32"   the 40th read fails with ENODEV (19), the 80th with EPIPE (32); ESTRPIPE is 86
//   LIMPID_SHIM_ABSENT=3               after ENODEV so many attempts to open fail
//   LIMPID_SHIM_SPEED=1.8              how many times faster than its rate a device runs; real time, for the pace only
//   LIMPID_SHIM_PPM=150                how much faster the outputs' clock is than the inputs'
//   LIMPID_SHIM_OUTPUT_RATE=44100      the only rate that outputs have
#define _GNU_SOURCE
#include <alsa/asoundlib.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REAL(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

static struct device {
  snd_pcm_t *pcm;
  int is_input, is_running, is_gone;
  double rate, buffer, period;
  double began;  // virtual seconds
  double moved;  // samples read or written since the last prepare
} devices[16];
static int reads, absent;
static double virtual_now = 1;

static double setting(const char *name, double standard) {
  const char *text = getenv(name);
  return text ? atof(text) : standard;
}

static struct device *find(snd_pcm_t *pcm) {
  for (int n = 0; n < 16; ++n)
    if (devices[n].pcm == pcm) return &devices[n];
  abort();
}

static double passed(const struct device *d) { return d->is_running ? (virtual_now - d->began) * d->rate : 0; }

// Samples that can be read or written; −errno.
static long ready(const struct device *d) {
  if (d->is_gone) return -ENODEV;
  double count = d->is_input ? passed(d) - d->moved : d->buffer - (d->moved - passed(d));
  return count > d->buffer ? -EPIPE : (long)count;
}

int snd_pcm_open(snd_pcm_t **pcm, const char *name, snd_pcm_stream_t stream, int mode) {
  if (absent > 0) {
    --absent;
    return -ENOENT;
  }
  int code = REAL(snd_pcm_open)(pcm, name, stream, mode);
  if (code < 0) return code;
  struct device *d = find(NULL);
  memset(d, 0, sizeof *d);
  d->pcm = *pcm;
  d->is_input = stream == SND_PCM_STREAM_CAPTURE;
  return code;
}

int snd_pcm_close(snd_pcm_t *pcm) {
  find(pcm)->pcm = NULL;
  return REAL(snd_pcm_close)(pcm);
}

int snd_pcm_hw_params_set_rate_near(snd_pcm_t *pcm, snd_pcm_hw_params_t *params, unsigned int *rate, int *direction) {
  if (!find(pcm)->is_input && getenv("LIMPID_SHIM_OUTPUT_RATE")) *rate = setting("LIMPID_SHIM_OUTPUT_RATE", 0);
  return REAL(snd_pcm_hw_params_set_rate_near)(pcm, params, rate, direction);
}

int snd_pcm_hw_params(snd_pcm_t *pcm, snd_pcm_hw_params_t *params) {
  int code = REAL(snd_pcm_hw_params)(pcm, params);
  if (code < 0) return code;
  struct device *d = find(pcm);
  snd_pcm_uframes_t buffer, period;
  unsigned int rate;
  snd_pcm_hw_params_get_buffer_size(params, &buffer);
  snd_pcm_hw_params_get_period_size(params, &period, NULL);
  snd_pcm_hw_params_get_rate(params, &rate, NULL);
  d->buffer = buffer;
  d->period = period;
  d->rate = rate * (1 + (d->is_input ? 0 : 1e-6 * setting("LIMPID_SHIM_PPM", 0)));
  return code;
}

int snd_pcm_prepare(snd_pcm_t *pcm) {
  struct device *d = find(pcm);
  if (d->is_gone) return -ENODEV;
  d->is_running = 0;
  d->moved = 0;
  return REAL(snd_pcm_prepare)(pcm);
}

int snd_pcm_start(snd_pcm_t *pcm) {
  struct device *d = find(pcm);
  d->is_running = 1;
  d->began = virtual_now;
  return REAL(snd_pcm_start)(pcm);
}

int snd_pcm_drop(snd_pcm_t *pcm) {
  find(pcm)->is_running = 0;
  return REAL(snd_pcm_drop)(pcm);
}

snd_pcm_sframes_t snd_pcm_avail(snd_pcm_t *pcm) { return ready(find(pcm)); }

int snd_pcm_delay(snd_pcm_t *pcm, snd_pcm_sframes_t *count) {
  struct device *d = find(pcm);
  long now = ready(d);
  if (now < 0) return (int)now;
  *count = d->is_input ? now : (long)d->buffer - now;
  return 0;
}

int snd_pcm_wait(snd_pcm_t *pcm, int milliseconds) {
  struct device *d = find(pcm);
  long now = ready(d);
  if (now < 0) return (int)now;
  double seconds = now >= d->period ? 0 : (d->period - now + 0.01) / d->rate;
  double limit = 1e-3 * milliseconds;
  int is_ready = d->is_running && seconds <= limit;
  if (!is_ready) seconds = limit;
  virtual_now += seconds;
  seconds /= setting("LIMPID_SHIM_SPEED", 1);
  struct timespec pause = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (time_t)seconds) * 1e9)};
  nanosleep(&pause, NULL);
  return is_ready;
}

snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buffer, snd_pcm_uframes_t count) {
  struct device *d = find(pcm);
  const char *faults = getenv("LIMPID_SHIM_FAULTS");
  int index = reads++;
  for (const char *at = faults; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    if (atoi(at) != index) continue;
    int error = atoi(strchr(at, ':') + 1);
    if (error == ENODEV) {
      absent = (int)setting("LIMPID_SHIM_ABSENT", 0);
      for (int n = 0; n < 16; ++n) devices[n].is_gone = 1;
    }
    return -error;
  }
  long now = ready(d);
  if (now <= 0) return now < 0 ? now : -EAGAIN;
  if ((long)count > now) count = now;
  d->moved += count;
  return REAL(snd_pcm_readi)(pcm, buffer, count);
}

snd_pcm_sframes_t snd_pcm_writei(snd_pcm_t *pcm, const void *buffer, snd_pcm_uframes_t count) {
  struct device *d = find(pcm);
  long now = ready(d);
  if (now <= 0) return now < 0 ? now : -EAGAIN;
  if ((long)count > now) count = now;
  d->moved += count;
  return REAL(snd_pcm_writei)(pcm, buffer, count);
}
