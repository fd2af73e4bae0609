// The control of tools/soak/jack: a JACK client that does next to nothing, beside one that does much.
//
//   control --server NAME [--name NAME] [--feed CLIENT] [--gap MS] [--seconds S]
//
// It copies in_1 to out_1, counts the server's xruns and times its own callback. A thread of ordinary priority sleeps a
// millisecond at a time and reports (standard error) whenever it wakes more than MS late: what the machine itself loses.
// --feed: noise with pauses goes from noise_1, noise_2 … to CLIENT's in_1, in_2 …, and what comes out of CLIENT's out_1 is
// looked at: samples that are not finite, blocks of nothing but zeros. Ends after S seconds, at SIGTERM or SIGINT, or with
// the server; then one line of JSON on standard output.
#define _GNU_SOURCE
#include <jack/jack.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { maximumFeeds = 8 };

static jack_port_t *input, *output, *heard, *noise[maximumFeeds];
static int feedCount;
static atomic_int ending, xruns, gaps;
static double gapLimit = 5, longestGap;
static uint32_t noiseState = 1;
static uint64_t blocks, heardSamples, notFinite, zeroBlocks, longestCallback, longestWork;
static uint32_t callbackTimes[10000];  // by the clock, in microseconds
static float peak;

static uint64_t read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t now(void) { return read_clock(CLOCK_MONOTONIC); }

static int process(jack_nframes_t count, void *unused) {
  (void)unused;
  uint64_t begin = now(), workBegin = read_clock(CLOCK_THREAD_CPUTIME_ID);
  memcpy(jack_port_get_buffer(output, count), jack_port_get_buffer(input, count), count * sizeof(float));
  for (int channel = 0; channel < feedCount; channel++) {
    float *samples = jack_port_get_buffer(noise[channel], count);
    // A quiet room all the time; something louder, with a syllable's rhythm, for two seconds of three.
    int loud = blocks * count / 48000 % 3 < 2 && blocks * count / 8000 % 2;
    for (jack_nframes_t n = 0; n < count; n++) {
      noiseState = noiseState * 1664525u + 1013904223u;
      samples[n] = ((float)(noiseState >> 8) / 8388608.0f - 1.0f) * (loud ? 0.3f : 0.01f);
    }
  }
  if (heard) {
    const float *samples = jack_port_get_buffer(heard, count);
    int anything = 0;
    for (jack_nframes_t n = 0; n < count; n++) {
      if (!isfinite(samples[n])) notFinite++;
      if (samples[n] != 0) anything = 1;
      if (fabsf(samples[n]) > peak) peak = fabsf(samples[n]);
    }
    heardSamples += count;
    if (!anything) zeroBlocks++;
  }
  blocks++;
  uint64_t taken = now() - begin, work = read_clock(CLOCK_THREAD_CPUTIME_ID) - workBegin;
  if (taken > longestCallback) longestCallback = taken;
  if (work > longestWork) longestWork = work;
  callbackTimes[taken < 9999000 ? taken / 1000 : 9999]++;
  return 0;
}

// Seconds that a share of the callbacks did not exceed.
static double percentile(double share) {
  uint64_t total = 0, seen = 0;
  for (int n = 0; n < 10000; n++) total += callbackTimes[n];
  for (int n = 0; n < 10000; n++) {
    seen += callbackTimes[n];
    if ((double)seen >= share * (double)total) return (n + 1) * 1e-6;
  }
  return 0;
}

static int xrun(void *unused) {
  (void)unused;
  atomic_fetch_add(&xruns, 1);
  return 0;
}

static void shutdownHappened(void *unused) {
  (void)unused;
  ending = 2;
}

static void finish(int signal) {
  (void)signal;
  ending = 1;
}

static void giveUp(int signal) {
  (void)signal;
  _exit(0);
}

static void *watch(void *unused) {
  (void)unused;
  uint64_t start = now(), last = start;
  while (!ending) {
    struct timespec nap = {.tv_nsec = 1000000};
    nanosleep(&nap, NULL);
    uint64_t woken = now();
    double late = (double)(woken - last) / 1e6 - 1;
    if (late > gapLimit) {
      atomic_fetch_add(&gaps, 1);
      fprintf(stderr, "gap of %.1f ms at %.3f s\n", late, (double)(woken - start) / 1e9);
    }
    if (late > longestGap) longestGap = late;
    last = woken;
  }
  return NULL;
}

static void connectPorts(jack_client_t *client, const char *from, const char *to) {
  if (jack_connect(client, from, to) != 0) fprintf(stderr, "control: %s was not connected to %s\n", from, to);
}

int main(int count, char **arguments) {
  const char *server = "default", *name = "control", *feed = NULL;
  double seconds = 1e9;
  for (int n = 1; n < count; n++) {
    const char *option = arguments[n], *value = n + 1 < count ? arguments[++n] : NULL;
    if (!value) return fprintf(stderr, "control: %s needs a value\n", option), 2;
    if (!strcmp(option, "--server")) server = value;
    else if (!strcmp(option, "--name")) name = value;
    else if (!strcmp(option, "--feed")) feed = value;
    else if (!strcmp(option, "--gap")) gapLimit = atof(value);
    else if (!strcmp(option, "--seconds")) seconds = atof(value);
    else return fprintf(stderr, "control: unknown option %s\n", option), 2;
  }
  signal(SIGTERM, finish);
  signal(SIGINT, finish);
  signal(SIGPIPE, SIG_IGN);

  jack_client_t *client = NULL;
  jack_status_t status = 0;
  for (int attempt = 0; !client && attempt < 5; attempt++) {
    if (attempt) sleep(1);
    client = jack_client_open(name, JackNoStartServer | JackServerName, &status, server);
  }
  if (!client) return fprintf(stderr, "control: the JACK server \"%s\" took no client (status %#x)\n", server, status), 1;
  input = jack_port_register(client, "in_1", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  output = jack_port_register(client, "out_1", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  if (feed) {
    char port[256];
    heard = jack_port_register(client, "heard_1", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    for (; feedCount < maximumFeeds; feedCount++) {
      snprintf(port, sizeof port, "%s:in_%d", feed, feedCount + 1);
      if (!jack_port_by_name(client, port)) break;
      snprintf(port, sizeof port, "noise_%d", feedCount + 1);
      noise[feedCount] = jack_port_register(client, port, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    }
    if (!feedCount) return fprintf(stderr, "control: there is no port %s:in_1\n", feed), 1;
  }
  jack_set_process_callback(client, process, NULL);
  jack_set_xrun_callback(client, xrun, NULL);
  jack_on_shutdown(client, shutdownHappened, NULL);
  double period = jack_get_buffer_size(client) / (double)jack_get_sample_rate(client);
  if (jack_activate(client) != 0) return fprintf(stderr, "control: the server did not let it run\n"), 1;
  connectPorts(client, "system:capture_1", jack_port_name(input));
  connectPorts(client, jack_port_name(output), "system:playback_1");
  for (int channel = 0; channel < feedCount; channel++) {
    char port[256];
    snprintf(port, sizeof port, "%s:in_%d", feed, channel + 1);
    connectPorts(client, jack_port_name(noise[channel]), port);
  }
  if (feed) {
    char port[256];
    snprintf(port, sizeof port, "%s:out_1", feed);
    connectPorts(client, port, jack_port_name(heard));
  }

  pthread_t watcher;
  pthread_create(&watcher, NULL, watch, NULL);
  uint64_t start = now();
  float load = 0;
  while (!ending && (double)(now() - start) < seconds * 1e9) {
    usleep(100000);
    float current = ending ? 0 : jack_cpu_load(client);
    if (current > load) load = current;
  }
  double length = (double)(now() - start) / 1e9;
  int serverLost = ending == 2;
  ending = 1;
  pthread_join(watcher, NULL);
  printf(
      "{\"name\":\"%s\",\"seconds\":%.1f,\"blocks\":%llu,\"xruns\":%d,\"gaps\":%d,\"longestGap\":%.1f,\"loadMaximum\":%.1f,"
      "\"callback999\":%.6f,\"callbackMaximum\":%.6f,\"callbackWorkMaximum\":%.6f,\"callbackShare\":%.4f,"
      "\"heard\":%llu,\"notFinite\":%llu,\"zeroBlocks\":%llu,\"peak\":%.3f,"
      "\"serverLost\":%s}\n",
      name, length, (unsigned long long)blocks, xruns, gaps, longestGap, load, percentile(0.999),
      (double)longestCallback / 1e9, (double)longestWork / 1e9, (double)longestCallback / 1e9 / period,
      (unsigned long long)heardSamples, (unsigned long long)notFinite, (unsigned long long)zeroBlocks, peak, serverLost ? "true" : "false");
  fflush(stdout);
  // libjack hangs in it now and then (1.9.21): what was measured stands.
  signal(SIGALRM, giveUp);
  alarm(10);
  if (!serverLost) jack_client_close(client);
  return 0;
}
