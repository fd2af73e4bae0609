// Whatever is wrong has its status and a sentence, changes nothing, and ends nothing.
// Usage: misuse MODEL LEARNING-MODEL NOT-A-MODEL BACKWARD-MODEL
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <unistd.h>

static int failures, checks;

// Expects a status, and in the sentence a text.
#define expect(wanted, part, call) check(wanted, part, call, #call, __LINE__)

static void check(limpid_status wanted, const char *part, limpid_status found, const char *call, int line) {
  checks++;
  const char *sentence = limpid_last_error();
  if (found != wanted || (wanted != LIMPID_OK && !strstr(sentence, part))) {
    failures++;
    fprintf(stderr, "misuse.c:%d: %s gives %d (%s), expected %d (%s)\n", line, call, found, sentence, wanted, part);
  }
}

static void demand(int condition, const char *what) {
  checks++;
  if (!condition) failures++, fprintf(stderr, "misuse.c: %s\n", what);
}

static void *other_thread(void *unused) {
  demand(!strcmp(limpid_last_error(), ""), "a thread's first sentence is empty");
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_stop(NULL));
  return unused;
}

// Threads of this process.
static int thread_count(void) {
  DIR *tasks = opendir("/proc/self/task");
  int count = 0;
  for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

// What becomes of a tone in noise once noise was learned by the noise reference alone, and forgotten: 0: not, 1: by limpid_forget,
// 2: by the control.
static float *heard_after_learning(const char *file, int forgets) {
  enum { second = 16000 };
  static float result[3][second];
  float *sound = result[forgets];
  limpid_model *model;
  limpid_enhancer *enhancer;
  uint32_t state = 1;
  expect(LIMPID_OK, "", limpid_model_open(file, "float32", &model));
  expect(LIMPID_OK, "", limpid_create(model, &enhancer));
  expect(LIMPID_OK, "", limpid_prepare(enhancer, 16000, 1));
  expect(LIMPID_OK, "", limpid_adjust(enhancer, LIMPID_LEARN, 1));
  for (int turn = 0; turn < 2; turn++) {
    for (int n = 0; n < second; n++) {
      state = state * 1664525 + 1013904223;
      sound[n] = (float)(int32_t)state / 2147483648.0f * 0.1f + (turn && n / 40 % 2 ? 0.2f : 0);
    }
    expect(LIMPID_OK, "", limpid_process_interleaved(enhancer, sound, sound, second));
    if (turn) continue;
    expect(LIMPID_OK, "", limpid_adjust(enhancer, LIMPID_LEARN, 0));
    if (forgets == 1) expect(LIMPID_OK, "", limpid_forget(enhancer));
    if (forgets == 2) expect(LIMPID_OK, "", limpid_adjust(enhancer, LIMPID_FORGET, 1));
  }
  limpid_destroy(enhancer);
  limpid_model_close(model);
  return sound;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  limpid_model *model = (limpid_model *)1, *learning;
  limpid_enhancer *bare, *enhancer;
  float samples[64] = {0}, *output[2] = {samples, samples}, *hole[2] = {samples, NULL};
  const float *input[2] = {samples, samples};
  int latency = -7;
  double seconds = -1;
  uint64_t value = 7;

  demand(!strcmp(limpid_last_error(), ""), "before any failure the sentence is empty");
  demand(strlen(limpid_version()) > 0, "there is a version");

  // Models.
  expect(LIMPID_BAD_ARGUMENT, "model is NULL", limpid_model_open(arguments[1], NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "path is NULL", limpid_model_open(NULL, NULL, &model));
  demand(!model, "a model that failed is NULL");
  expect(LIMPID_BAD_ARGUMENT, "UTF-8", limpid_model_open("\xff.safetensors", NULL, &model));
  expect(LIMPID_NO_FILE, "there is no such file", limpid_model_open("nowhere/at-all.safetensors", NULL, &model));
  expect(LIMPID_NO_FILE, "not a regular file", limpid_model_open("/dev/null", NULL, &model));
  expect(LIMPID_BAD_MODEL, arguments[3], limpid_model_open(arguments[3], NULL, &model));
  expect(LIMPID_BAD_VALUE, "float32 or bfloat16", limpid_model_open(arguments[1], "float16", &model));
  expect(LIMPID_OK, "", limpid_model_open(arguments[1], "float32", &model));
  expect(LIMPID_OK, "", limpid_model_open(arguments[2], "float32", &learning));
  limpid_model_close(NULL);
  limpid_destroy(NULL);

  // NULL for an enhancer.
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_create(model, NULL));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_set_text(NULL, "mix", "1"));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_set_number(NULL, "mix", 1));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_learn(NULL, samples, 64, 16000));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_forget(NULL));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_prepare(NULL, 48000, 1));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_prepare_real_time(NULL, 48000, 1, 64));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_process(NULL, input, output, 64));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_process_interleaved(NULL, samples, samples, 64));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_process_real_time(NULL, input, output, 64, 0));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_reset(NULL));
  expect(
      LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_enhance_recording(NULL, NULL, samples, samples, 64, 0, NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_latency(NULL, &latency));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_counter(NULL, "late", &value));

  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_adjust(NULL, LIMPID_MIX, 1));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_learned(NULL, &seconds));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_learn_file(NULL, "x"));
  expect(LIMPID_BAD_ARGUMENT, "enhancer is NULL", limpid_save_learned(NULL, "x"));

  // The shipped models, by name.
  limpid_model *named = (limpid_model *)1;
  expect(LIMPID_BAD_ARGUMENT, "model is NULL", limpid_model_open_named("light", NULL, NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "name is NULL", limpid_model_open_named(NULL, NULL, NULL, &named));
  demand(!named, "a named model that failed is NULL");
  expect(LIMPID_NO_FILE, "give wide, light", limpid_model_open_named("narrow", NULL, NULL, &named));
  expect(LIMPID_BAD_VALUE, "float32 or bfloat16", limpid_model_open_named("light", NULL, "float16", &named));
  expect(LIMPID_OK, "", limpid_model_open_named("light", NULL, NULL, &named));
  limpid_model_close(named);

  // Two as one.
  limpid_model *pair = (limpid_model *)1, *again;
  expect(LIMPID_BAD_ARGUMENT, "model is NULL", limpid_model_pair(model, learning, NULL));
  expect(LIMPID_BAD_ARGUMENT, "first is NULL", limpid_model_pair(NULL, learning, &pair));
  demand(!pair, "a pair that failed is NULL");
  expect(LIMPID_BAD_ARGUMENT, "second is NULL", limpid_model_pair(model, NULL, &pair));
  expect(LIMPID_OK, "", limpid_model_pair(model, learning, &pair));
  expect(LIMPID_BAD_MODEL, "choose two models of one format", limpid_model_pair(pair, model, &again));
  demand(!again, "a pair that failed is NULL");
  limpid_enhancer *two;
  expect(LIMPID_OK, "", limpid_create(pair, &two));
  limpid_model_close(pair);
  expect(LIMPID_BAD_VALUE, "both, first, second", limpid_set_text(two, "networks", "third"));
  expect(LIMPID_OK, "", limpid_set_text(two, "networks", "second"));
  expect(LIMPID_OK, "", limpid_prepare(two, 48000, 1));
  expect(LIMPID_OK, "", limpid_adjust(two, LIMPID_NETWORKS, 2));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(two, LIMPID_NETWORKS, 3));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(two, LIMPID_NETWORKS, 0.5f));
  expect(LIMPID_OK, "", limpid_adjust(two, LIMPID_PASSES, 1));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(two, LIMPID_PASSES, 2));
  expect(LIMPID_OK, "", limpid_process(two, input, output, 64));
  expect(LIMPID_OK, "", limpid_stop(two));
  expect(LIMPID_OK, "", limpid_set_number(two, "passes", 2));
  expect(LIMPID_OK, "", limpid_prepare(two, 48000, 1));
  expect(LIMPID_OK, "", limpid_adjust(two, LIMPID_PASSES, 2));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(two, LIMPID_PASSES, 1.5f));
  expect(LIMPID_OK, "", limpid_process(two, input, output, 64));
  limpid_destroy(two);

  // Without a model.
  expect(LIMPID_OK, "", limpid_create(NULL, &bare));
  expect(LIMPID_BAD_MODEL, "needs a model", limpid_prepare(bare, 48000, 1));
  expect(LIMPID_BAD_MODEL, "needs a model", limpid_prepare_real_time(bare, 48000, 1, 64));
  expect(LIMPID_OK, "", limpid_set_text(bare, "method", "wiener"));
  expect(LIMPID_OK, "", limpid_prepare(bare, 48000, 1));
  expect(LIMPID_OK, "", limpid_process(bare, input, output, 64));

  // Settings.
  expect(LIMPID_OK, "", limpid_create(model, &enhancer));
  limpid_model_close(model);
  expect(LIMPID_BAD_ARGUMENT, "key is NULL", limpid_set_text(enhancer, NULL, "1"));
  expect(LIMPID_BAD_ARGUMENT, "value is NULL", limpid_set_text(enhancer, "mix", NULL));
  expect(LIMPID_UNKNOWN_KEY, "attenuation-limit", limpid_set_number(enhancer, "atenuation-limit", 12));
  expect(LIMPID_UNKNOWN_KEY, "is not a setting", limpid_set_text(enhancer, "", ""));
  expect(LIMPID_BAD_VALUE, "is not a number", limpid_set_text(enhancer, "mix", "loud"));
  expect(LIMPID_BAD_VALUE, "the mix", limpid_set_number(enhancer, "mix", 1.5));
  expect(LIMPID_BAD_VALUE, "the mix", limpid_set_number(enhancer, "mix", NAN));
  expect(LIMPID_BAD_VALUE, "guidance", limpid_set_number(enhancer, "guidance", 1e300));
  expect(LIMPID_BAD_VALUE, "whole number", limpid_set_number(enhancer, "steps", 1.5));
  expect(LIMPID_BAD_VALUE, "whole number", limpid_set_number(enhancer, "steps", INFINITY));
  expect(LIMPID_BAD_VALUE, "steps", limpid_set_number(enhancer, "steps", 9));
  expect(LIMPID_BAD_VALUE, "spp, residual", limpid_set_text(enhancer, "noise-selection", "none"));
  expect(LIMPID_BAD_VALUE, "spp, residual", limpid_set_number(enhancer, "noise-selection", 1));
  expect(LIMPID_BAD_VALUE, "true or false", limpid_set_text(enhancer, "bypass", "maybe"));
  expect(LIMPID_BAD_VALUE, "predictor-corrector", limpid_set_number(enhancer, "corrector-snr", 0.5));
  expect(LIMPID_BAD_VALUE, "whole number", limpid_set_text(enhancer, "seed", "-1"));
  expect(LIMPID_BAD_VALUE, "0 to 1 s", limpid_set_number(enhancer, "allowance", 2));
  expect(LIMPID_BAD_VALUE, "resampler quality", limpid_set_number(enhancer, "resampler-quality", 11));
  expect(LIMPID_BAD_VALUE, "true or false", limpid_set_number(enhancer, "bypass", 2));
  expect(LIMPID_BAD_VALUE, "true or false", limpid_set_text(enhancer, "adaptive-steps", "on"));
  const char *known[][2] = {
      {"method", "score"}, {"steps", "1"}, {"maximum-steps", "2"}, {"guidance", "1"}, {"sampler", "predictor-corrector"},
      {"corrector-snr", "0.4"}, {"sampler", "few-step"}, {"eta", "0"}, {"attenuation-limit", "12"},
      {"attenuation-limit", "none"}, {"mix", "1"}, {"bypass", "false"}, {"post-filter", "2"},
      {"seed", "18446744073709551615"},
      {"noise-selection", "residual"}, {"reference-length", "1.5"}, {"start-level", "-26"}, {"band", "full"},
      {"resampler-quality", "3"}, {"independent-channels", "false"}, {"learned-voices", "always"}, {"learned-voices", "heard"},
      {"allowance", "0.01"}, {"adaptive-steps", "false"}};
  for (size_t n = 0; n < sizeof known / sizeof known[0]; n++)
    expect(LIMPID_OK, known[n][0], limpid_set_text(enhancer, known[n][0], known[n][1]));

  // Not prepared.
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_process(enhancer, input, output, 64));
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_process_interleaved(enhancer, samples, samples, 64));
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_process_real_time(enhancer, input, output, 64, 0));
  expect(LIMPID_WRONG_STATE, "call that first", limpid_reset(enhancer));
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_latency(enhancer, &latency));
  demand(latency == -7, "a latency that is not there is not stored");
  expect(LIMPID_OK, "", limpid_stop(enhancer));

  // Formats.
  expect(LIMPID_UNSUPPORTED_FORMAT, "7999 Hz", limpid_prepare(enhancer, 7999, 1));
  expect(LIMPID_UNSUPPORTED_FORMAT, "-1 Hz", limpid_prepare(enhancer, -1, 1));
  expect(LIMPID_UNSUPPORTED_FORMAT, "0 channels", limpid_prepare(enhancer, 48000, 0));
  expect(LIMPID_UNSUPPORTED_FORMAT, "33 channels", limpid_prepare(enhancer, 48000, 33));
  expect(LIMPID_UNSUPPORTED_FORMAT, "192001 Hz", limpid_prepare_real_time(enhancer, 192001, 1, 64));
  expect(LIMPID_UNSUPPORTED_FORMAT, "-2 channels", limpid_prepare_real_time(enhancer, 48000, -2, 64));
  expect(LIMPID_UNSUPPORTED_FORMAT, "blocks of 0", limpid_prepare_real_time(enhancer, 48000, 1, 0));
  expect(LIMPID_UNSUPPORTED_FORMAT, "blocks of -1", limpid_prepare_real_time(enhancer, 48000, 1, -1));

  // Sound to learn.
  float *second = calloc(48000, sizeof(float));
  limpid_enhancer *learner;
  expect(LIMPID_OK, "", limpid_create(learning, &learner));
  expect(LIMPID_BAD_ARGUMENT, "samples is NULL", limpid_learn(learner, NULL, 48000, 48000));
  expect(LIMPID_BAD_SOUND, "0.6 s are needed", limpid_learn(learner, second, 48000, 48000));
  expect(LIMPID_BAD_SOUND, "0.6 s are needed", limpid_learn(learner, second, 0, 48000));
  for (int n = 0; n < 48000; n++) second[n] = 0.1f * sinf(0.05f * n);
  expect(LIMPID_BAD_SOUND, "0.6 s are needed", limpid_learn(learner, second, 4800, 48000));
  expect(LIMPID_UNSUPPORTED_FORMAT, "4000 Hz", limpid_learn(learner, second, 48000, 4000));
  expect(LIMPID_UNSUPPORTED_FORMAT, "-1 Hz", limpid_learn(learner, second, 48000, -1));
  expect(LIMPID_BAD_MODEL, "cannot remove", limpid_learn(enhancer, second, 48000, 48000));
  expect(LIMPID_BAD_MODEL, "needs a model", limpid_learn(bare, second, 48000, 48000));
  expect(LIMPID_OK, "", limpid_learn(learner, second, 48000, 48000));
  second[5] = NAN;
  expect(LIMPID_BAD_SOUND, "no numbers", limpid_learn(learner, second, 48000, 48000));
  char folder[] = "/tmp/limpid-misuse-XXXXXX", file[64];
  demand(mkdtemp(folder) != NULL, "there is a folder for what was learned");
  snprintf(file, sizeof file, "%s/learned", folder);
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds == 1, "a second was learned");
  expect(LIMPID_BAD_ARGUMENT, "seconds is NULL", limpid_learned(learner, NULL));
  expect(LIMPID_BAD_ARGUMENT, "path is NULL", limpid_save_learned(learner, NULL));
  expect(LIMPID_NO_FILE, "cannot be written", limpid_save_learned(learner, "/nowhere/at/all"));
  expect(LIMPID_OK, "", limpid_save_learned(learner, file));
  expect(LIMPID_OK, "", limpid_forget(learner));
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds == 0, "and is forgotten");
  expect(LIMPID_WRONG_STATE, "nothing was learned", limpid_save_learned(learner, file));
  expect(LIMPID_BAD_ARGUMENT, "path is NULL", limpid_learn_file(learner, NULL));
  expect(LIMPID_NO_FILE, "there is no such file", limpid_learn_file(learner, "/nowhere/at/all"));
  expect(LIMPID_BAD_SOUND, "holds no learned noise", limpid_learn_file(learner, arguments[1]));
  expect(LIMPID_BAD_MODEL, "cannot remove", limpid_learn_file(enhancer, file));
  expect(LIMPID_OK, "", limpid_learn_file(learner, file));
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds == 1, "a second was kept");

  // Learned of the stream: in place of what was given, and kept when the stream ends.
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_adjust(learner, LIMPID_LEARN, 1));
  expect(LIMPID_OK, "", limpid_prepare(learner, 48000, 1));
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds == 1, "a second is still kept");
  expect(LIMPID_OK, "", limpid_adjust(learner, LIMPID_LEARN, 1));
  second[5] = 0;
  for (int n = 0; n < 4; n++) {
    float copy[48000];
    memcpy(copy, second, sizeof copy);
    expect(LIMPID_OK, "", limpid_process_interleaved(learner, copy, copy, 48000));
    if (n == 1) expect(LIMPID_OK, "", limpid_adjust(learner, LIMPID_LEARN, 0));
  }
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds > 1.9 && seconds < 2.1, "two seconds were learned of the stream");
  expect(LIMPID_OK, "", limpid_reset(learner));
  expect(LIMPID_OK, "", limpid_stop(learner));
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds > 1.9 && seconds < 2.1, "and outlive it");
  expect(LIMPID_OK, "", limpid_save_learned(learner, file));
  expect(LIMPID_OK, "", limpid_prepare(learner, 48000, 1));
  expect(LIMPID_BAD_VALUE, "no such control", limpid_adjust(learner, (limpid_control)77, 1));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(learner, LIMPID_MIX, 1.5f));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(learner, LIMPID_MIX, NAN));
  expect(LIMPID_BAD_VALUE, "out of the control's range", limpid_adjust(learner, LIMPID_ATTENUATION_LIMIT, -1));
  expect(LIMPID_OK, "", limpid_adjust(learner, LIMPID_ATTENUATION_LIMIT, INFINITY));
  expect(LIMPID_OK, "", limpid_adjust(learner, LIMPID_FREEZE, 1));
  expect(LIMPID_OK, "", limpid_adjust(learner, LIMPID_FORGET, 1));
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds == 0, "the stream forgets");
  expect(LIMPID_OK, "", limpid_stop(learner));
  expect(LIMPID_OK, "", limpid_learned(learner, &seconds));
  demand(seconds == 0, "for good");
  unlink(file), rmdir(folder);
  second[5] = NAN;

  // With a model that has no tokens of its own for it, the noise reference is what learns, and what forgets.
  const float *kept = heard_after_learning(arguments[1], 0), *forgotten = heard_after_learning(arguments[1], 1);
  const float *emptied = heard_after_learning(arguments[1], 2);
  demand(memcmp(kept, emptied, 16000 * sizeof(float)), "what the noise reference has learned is heard");
  demand(!memcmp(forgotten, emptied, 16000 * sizeof(float)), "limpid_forget empties the noise reference as LIMPID_FORGET does");

  // Recordings, and a model that hears them from their end.
  limpid_model *from_end;
  limpid_enhancer *back;
  float room[64];
  expect(LIMPID_OK, "", limpid_model_open(arguments[4], "float32", &from_end));
  expect(LIMPID_OK, "", limpid_create(from_end, &back));
  expect(LIMPID_BAD_MODEL, "from their end", limpid_prepare(back, 48000, 1));
  expect(LIMPID_BAD_MODEL, "from their end", limpid_prepare_real_time(back, 48000, 1, 64));
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_enhance_recording(back, NULL, samples, room, 64, 0, NULL, NULL));
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_enhance_recording(learner, back, samples, room, 64, 0, NULL, NULL));
  expect(LIMPID_OK, "", limpid_prepare(learner, 48000, 1));
  expect(LIMPID_BAD_ARGUMENT, "input or output", limpid_enhance_recording(learner, back, NULL, room, 64, 0, NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "input or output", limpid_enhance_recording(learner, back, samples, NULL, 64, 0, NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "memory", limpid_enhance_recording(learner, back, samples, room, SIZE_MAX, 0, NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "overlap", limpid_enhance_recording(learner, back, samples, samples, 64, 0, NULL, NULL));
  expect(LIMPID_BAD_ARGUMENT, "overlap", limpid_enhance_recording(learner, back, samples + 31, samples, 32, 0, NULL, NULL));
  expect(LIMPID_OK, "", limpid_enhance_recording(learner, back, samples + 32, samples, 32, 0, NULL, NULL));
  expect(LIMPID_BAD_VALUE, "0 to 10", limpid_enhance_recording(learner, back, samples, room, 64, -1, NULL, NULL));
  expect(LIMPID_BAD_VALUE, "0 to 10", limpid_enhance_recording(learner, back, samples, room, 64, 11, NULL, NULL));
  expect(LIMPID_BAD_VALUE, "0 to 10", limpid_enhance_recording(learner, back, samples, room, 64, NAN, NULL, NULL));
  expect(LIMPID_BAD_MODEL, "no model that hears", limpid_enhance_recording(learner, bare, samples, room, 64, 0, NULL, NULL));
  expect(LIMPID_BAD_MODEL, "no model that hears", limpid_enhance_recording(learner, learner, samples, room, 64, 0, NULL, NULL));
  expect(LIMPID_OK, "", limpid_set_text(back, "method", "wiener"));
  expect(LIMPID_BAD_VALUE, "no way back", limpid_enhance_recording(learner, back, samples, room, 64, 0, NULL, NULL));
  expect(LIMPID_OK, "", limpid_set_text(back, "method", "score"));
  expect(LIMPID_OK, "", limpid_enhance_recording(learner, back, samples, room, 64, 10, NULL, NULL));
  expect(LIMPID_OK, "", limpid_enhance_recording(learner, back, samples, room, 0, 10, NULL, NULL));
  expect(LIMPID_BAD_MODEL, "choose two models of one format", limpid_model_pair(from_end, learning, &pair));
  limpid_destroy(back);
  limpid_model_close(from_end);
  expect(LIMPID_OK, "", limpid_stop(learner));

  // Prepared for blocks.
  expect(LIMPID_OK, "", limpid_prepare(enhancer, 48000, 2));
  expect(LIMPID_OK, "", limpid_latency(enhancer, &latency));
  demand(latency > 0, "there is a latency");
  expect(LIMPID_BAD_ARGUMENT, "samples is NULL", limpid_latency(enhancer, NULL));
  expect(LIMPID_BAD_ARGUMENT, "NULL", limpid_process(enhancer, NULL, output, 64));
  expect(LIMPID_BAD_ARGUMENT, "NULL", limpid_process(enhancer, input, NULL, 64));
  expect(LIMPID_BAD_ARGUMENT, "every channel", limpid_process(enhancer, input, hole, 64));
  expect(LIMPID_BAD_ARGUMENT, "every channel", limpid_process(enhancer, (const float *const *)hole, output, 64));
  expect(LIMPID_BAD_ARGUMENT, "beyond all memory", limpid_process(enhancer, input, output, SIZE_MAX));
  expect(LIMPID_BAD_ARGUMENT, "NULL", limpid_process_interleaved(enhancer, NULL, samples, 32));
  expect(LIMPID_BAD_ARGUMENT, "NULL", limpid_process_interleaved(enhancer, samples, NULL, 32));
  expect(LIMPID_BAD_ARGUMENT, "beyond all memory", limpid_process_interleaved(enhancer, samples, samples, SIZE_MAX));
  expect(LIMPID_BAD_ARGUMENT, "beyond all memory", limpid_process_interleaved(enhancer, samples, samples, SIZE_MAX / 2));
  expect(LIMPID_OK, "", limpid_process_interleaved(enhancer, samples, samples, 0));
  samples[0] = NAN, samples[1] = INFINITY, samples[2] = -INFINITY, samples[3] = 1e30f;
  expect(LIMPID_OK, "", limpid_process_interleaved(enhancer, samples, samples, 32));
  expect(LIMPID_WRONG_STATE, "real time", limpid_process_real_time(enhancer, input, output, 64, 0));
  expect(LIMPID_WRONG_STATE, "real time", limpid_counter(enhancer, "late", &value));
  expect(LIMPID_WRONG_STATE, "'band' is fixed", limpid_set_text(enhancer, "band", "wide"));
  expect(LIMPID_WRONG_STATE, "'allowance' is fixed", limpid_set_number(enhancer, "allowance", 0.02));
  expect(LIMPID_OK, "", limpid_set_number(enhancer, "steps", 2));
  expect(LIMPID_BAD_VALUE, "steps", limpid_set_number(enhancer, "steps", 3));
  expect(LIMPID_OK, "", limpid_set_text(enhancer, "attenuation-limit", "12.5"));
  expect(LIMPID_OK, "", limpid_reset(enhancer));
  // A format that fails leaves nothing prepared.
  expect(LIMPID_UNSUPPORTED_FORMAT, "1 Hz", limpid_prepare(enhancer, 1, 2));
  expect(LIMPID_WRONG_STATE, "not prepared", limpid_process_interleaved(enhancer, samples, samples, 32));

  // Prepared for real time.
  demand(thread_count() == 1, "without real time there are no threads of the library's");
  expect(LIMPID_OK, "", limpid_prepare_real_time(enhancer, 48000, 2, 64));
  demand(thread_count() > 1, "in real time there are");
  expect(LIMPID_OK, "", limpid_latency(enhancer, &latency));
  expect(LIMPID_BAD_ARGUMENT, "more samples", limpid_process_real_time(enhancer, input, output, 65, 0));
  expect(LIMPID_BAD_ARGUMENT, "more samples", limpid_process_real_time(enhancer, input, output, SIZE_MAX, 0));
  expect(LIMPID_BAD_ARGUMENT, "a flag", limpid_process_real_time(enhancer, input, output, 64, 2));
  expect(LIMPID_BAD_ARGUMENT, "every channel", limpid_process_real_time(enhancer, input, hole, 64, 0));
  expect(LIMPID_BAD_ARGUMENT, "NULL", limpid_process_real_time(enhancer, NULL, output, 64, 0));
  expect(LIMPID_OK, "", limpid_process_real_time(enhancer, input, output, 64, 0));
  expect(LIMPID_OK, "", limpid_process_real_time(enhancer, input, output, 64, LIMPID_MAY_WAIT));
  expect(LIMPID_WRONG_STATE, "limpid_process;", limpid_process(enhancer, input, output, 64));
  expect(LIMPID_WRONG_STATE, "limpid_prepare", limpid_reset(enhancer));
  expect(LIMPID_WRONG_STATE, "'noise-selection' is fixed", limpid_set_text(enhancer, "noise-selection", "spp"));
  expect(LIMPID_WRONG_STATE, "call limpid_stop", limpid_learn(enhancer, second, 48000, 48000));
  expect(LIMPID_OK, "", limpid_forget(enhancer));
  expect(LIMPID_OK, "", limpid_set_number(enhancer, "mix", 0.5));
  expect(LIMPID_OK, "", limpid_set_number(enhancer, "bypass", 1));
  expect(LIMPID_UNKNOWN_KEY, "reference-late", limpid_counter(enhancer, "latte", &value));
  expect(LIMPID_BAD_ARGUMENT, "value is NULL", limpid_counter(enhancer, "late", NULL));
  expect(LIMPID_BAD_ARGUMENT, "name is NULL", limpid_counter(enhancer, NULL, &value));
  expect(LIMPID_OK, "", limpid_counter(enhancer, "overruns", &value));
  limpid_status status = LIMPID_OK;
  // Nobody takes what is sent faster than blocks come: told, not waited for.
  for (int n = 0; n < 100000 && status == LIMPID_OK; n++) status = limpid_set_number(enhancer, "mix", 0.5);
  expect(LIMPID_BUSY, "try again", status);
  expect(LIMPID_OK, "", limpid_stop(enhancer));
  expect(LIMPID_WRONG_STATE, "real time", limpid_process_real_time(enhancer, input, output, 64, 0));
  expect(LIMPID_OK, "", limpid_set_text(enhancer, "band", "wide"));
  expect(LIMPID_OK, "", limpid_prepare(enhancer, 16000, 1));
  expect(LIMPID_OK, "", limpid_process(enhancer, input, output, 64));

  // Each thread has its own sentence.
  expect(LIMPID_BAD_ARGUMENT, "model is NULL", limpid_model_open("x", NULL, NULL));
  pthread_t thread;
  pthread_create(&thread, NULL, other_thread, NULL);
  pthread_join(thread, NULL);
  demand(strstr(limpid_last_error(), "model is NULL") != NULL, "another thread's failure leaves this one's sentence");
  // One that is too long is cut, not overrun.
  char key[4000];
  memset(key, 'k', sizeof key), key[sizeof key - 1] = 0;
  expect(LIMPID_UNKNOWN_KEY, "kkk", limpid_set_text(enhancer, key, "1"));
  demand(strlen(limpid_last_error()) == 511, "a long sentence is cut at 511 bytes");

  expect(LIMPID_OK, "", limpid_prepare_real_time(enhancer, 48000, 1, 64));
  limpid_destroy(enhancer), limpid_destroy(bare), limpid_destroy(learner);
  limpid_model_close(learning);
  demand(thread_count() == 1, "limpid_destroy ends the threads");
  free(second);
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
