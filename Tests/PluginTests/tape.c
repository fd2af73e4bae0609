// A JACK client that plays a file into a plugin's host and records what comes back in the same callbacks: it must be what the
// plugin gives in this program, to the bit. The host has run the plugin on silence for a while before: for how many blocks is
// not known, so they are sought.
// Usage: tape PLUGIN IN.f32 HOST-CLIENT INPUT-PORT OUTPUT-PORT   (one channel, the plugin mono)
#define _DEFAULT_SOURCE
#include <jack/jack.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"
#include "sound.h"

static jack_port_t *play, *record;
static float *noisy, *heard;
static size_t length, position;
static atomic_int has_ended, has_started, cycles;

static int process(jack_nframes_t count, void *unused) {
  (void)unused;
  float *out = jack_port_get_buffer(play, count);
  const float *in = jack_port_get_buffer(record, count);
  for (jack_nframes_t n = 0; n < count; n++) {
    int runs = has_started && position < length;
    out[n] = runs ? noisy[position] : 0;
    if (runs) heard[position++] = in[n];
  }
  if (position == length) has_ended = 1;
  cycles++;
  return 0;
}

// What the plugin gives after so many silent samples: all it has made from there on.
static void render(const face *face, double rate, size_t block, size_t silent, size_t count, float *made) {
  plugin *this = plugin_make(face, rate, 1);
  float *lane = guarded_floats(block), *lanes[1] = {lane};
  plugin_connect_audio(this, lanes, lanes);
  plugin_activate(this);
  for (size_t done = 0; done < silent + count; done += block) {
    for (size_t n = 0; n < block; n++)
      lane[n] = done + n >= silent && done + n < silent + count ? noisy[done + n - silent] : 0;
    plugin_run(this, block);
    for (size_t n = 0; n < block; n++)
      if (done + n >= silent && done + n < silent + count) made[done + n - silent] = lane[n];
  }
  plugin_deactivate(this);
  plugin_free(this);
  free_guarded(lane, block);
}

int main(int count, char **arguments) {
  if (count != 6) return 2;
  const face *face = load_face(arguments[1]);
  noisy = read_floats(arguments[2], &length);
  jack_client_t *client = jack_client_open("tape", JackNoStartServer, NULL);
  if (!client) return (fprintf(stderr, "no JACK server\n"), 1);
  size_t block = jack_get_buffer_size(client);
  double rate = jack_get_sample_rate(client);
  heard = calloc(length, sizeof(float));
  play = jack_port_register(client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  record = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  jack_set_process_callback(client, process, NULL);
  if (jack_activate(client)) return 1;
  char input[256], output[256];
  snprintf(input, sizeof input, "%s:%s", arguments[3], arguments[4]);
  snprintf(output, sizeof output, "%s:%s", arguments[3], arguments[5]);
  for (int n = 0; n < 10000 && !(jack_port_by_name(client, input) && jack_port_by_name(client, output)); n++) usleep(1000);
  int appeared = cycles, failed = 1;
  for (int n = 0; n < 5000 && failed; n++) {
    failed = jack_connect(client, jack_port_name(play), input) || jack_connect(client, output, jack_port_name(record));
    if (failed) usleep(1000);
  }
  if (failed) return (fprintf(stderr, "%s does not appear\n", arguments[3]), 1);
  int waited = cycles - appeared;
  has_started = 1;
  for (int n = 0; n < 2400 && !has_ended; n++) usleep(25000);
  jack_client_close(client);
  if (!has_ended) return (fprintf(stderr, "JACK stands still\n"), 1);

  // JACK's loop may add a block where it closes.
  float *made = calloc(length, sizeof(float));
  size_t probe = length < rate / 2 ? length : (size_t)(rate / 2);
  for (int silent = 0; silent < waited + 40; silent++) {
    render(face, rate, block, silent * block, probe, made);
    for (size_t loop = 0; loop <= block; loop += block) {
      if (memcmp(made, heard + loop, (probe - loop) * sizeof(float))) continue;
      render(face, rate, block, silent * block, length, made);
      if (memcmp(made, heard + loop, (length - loop) * sizeof(float)))
        return (fprintf(stderr, "the host's output differs after half a second\n"), 1);
      printf("%zu samples came back as the plugin gives them after %d blocks of silence\n", length - loop, silent);
      return 0;
    }
  }
  fprintf(stderr, "what came back is not what the plugin gives\n");
  return 1;
}
