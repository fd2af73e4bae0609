#include "core.h"

#include <limpid.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models.h"

const core_range core_ranges[core_control_count] = {
    [core_attenuation_limit] = {0, 100, 100}, [core_mix] = {0, 1, 1},    [core_bypass] = {0, 1, 0},
    [core_learn] = {0, 1, 0},                 [core_freeze] = {0, 1, 0}, [core_forget] = {0, 1, 0},
    [core_model] = {0, 2, 0},                 [core_passes] = {1, 2, 1},
};

struct core {
  int channels, latency, has_wide;
  limpid_enhancer *enhancer;
  float values[core_control_count];  // in force, in range
  int is_fresh;                      // no block since the last reset
  int is_learning;                   // told to, since the last reset
  // Something is learned that was there before the controls were seen: a switch that stands at on was so then, and is no wish.
  int keeps_learned;
};

static void say_why(core_say say, void *context, const char *what, const char *why) {
  char sentence[640];
  snprintf(sentence, sizeof sentence, "limpid: %s: %s", what, why);
  say(context, sentence);
}

// limpid_last_error as something that was tried.
static void say_error(core_say say, void *context, const char *tried) { say_why(say, context, tried, limpid_last_error()); }

core *core_make(double rate, int channels, core_say say, void *context) {
  core *this = calloc(1, sizeof *this);
  if (!this) return NULL;
  this->channels = channels;
  const char *no_wide;
  limpid_model *model = model_take(&no_wide);
  if (!model) {
    say_error(say, context, "the plugin cannot run");
    free(this);
    return NULL;
  }
  this->has_wide = !no_wide;
  if (no_wide) say_why(say, context, "only the model light can be chosen", no_wide);
  // The C interface takes whole rates and says itself which.
  int whole = rate >= 1 && rate <= 1e6 ? (int)lround(rate) : -1;
  if (limpid_create(model, &this->enhancer) || limpid_set_text(this->enhancer, "noise-selection", "residual") ||
      limpid_set_text(this->enhancer, "networks", "first") || limpid_set_text(this->enhancer, "passes", "2") ||
      limpid_set_text(this->enhancer, "post-filter", "2") ||
      limpid_prepare(this->enhancer, whole, channels) || limpid_adjust(this->enhancer, LIMPID_PASSES, 1)) {
    say_error(say, context, "the plugin cannot run");
    core_free(this);
    return NULL;
  }
  limpid_latency(this->enhancer, &this->latency);
  for (int n = 0; n < core_control_count; n++) this->values[n] = core_ranges[n].usual;
  this->is_fresh = 1;
  return this;
}

void core_free(core *this) {
  if (!this) return;
  limpid_destroy(this->enhancer);
  model_give_back();
  free(this);
}

void core_reset(core *this, int forgets) {
  if (forgets) limpid_adjust(this->enhancer, LIMPID_FORGET, 1);
  limpid_reset(this->enhancer);
  // Switches that are on go on anew, unless that would take away what is there.
  this->values[core_learn] = this->values[core_forget] = 0;
  this->keeps_learned = core_learned_any(this);
  this->is_fresh = 1;
  this->is_learning = 0;
}

// A control's value in its range; as it was where it is no number.
static float ranged(const core *this, core_control n, const float *const *controls) {
  if (!controls || !controls[n] || isnan(*controls[n])) return this->values[n];
  float value = *controls[n];
  if (value < core_ranges[n].least) value = core_ranges[n].least;
  if (value > core_ranges[n].most) value = core_ranges[n].most;
  switch (n) {
    case core_attenuation_limit:
    case core_mix:
      return value;
    case core_model:
      return this->has_wide ? floorf(value + 0.5f) : 0;
    case core_passes:
      return floorf(value + 0.5f);
    default:  // switches
      return value > 0.5f;
  }
}

static void follow(core *this, const float *const *controls) {
  static const limpid_control adjusted[core_control_count] = {
      [core_attenuation_limit] = LIMPID_ATTENUATION_LIMIT, [core_mix] = LIMPID_MIX,
      [core_bypass] = LIMPID_BYPASS,                       [core_learn] = LIMPID_LEARN,
      [core_freeze] = LIMPID_FREEZE,                       [core_forget] = LIMPID_FORGET,
      [core_model] = LIMPID_NETWORKS,                      [core_passes] = LIMPID_PASSES,
  };
  int jumps = 0;
  for (core_control n = 0; n < core_control_count; n++) {
    float value = ranged(this, n, controls);
    if (value == this->values[n]) continue;
    this->values[n] = value;
    if (n == core_forget && value == 0) continue;
    if ((n == core_learn || n == core_forget) && value > 0 && this->keeps_learned) continue;
    if (n == core_learn) this->is_learning = value > 0;
    if (n == core_attenuation_limit && value >= core_no_limit) value = INFINITY;
    limpid_adjust(this->enhancer, adjusted[n], value);
    jumps |= n == core_attenuation_limit || n == core_mix || n == core_bypass || n == core_model ||
             n == core_passes;
  }
  // What is set from the beginning holds from the first sample on: a reset jumps where a change would fade.
  if (jumps && this->is_fresh) {
    limpid_reset(this->enhancer);
    if (this->is_learning) limpid_adjust(this->enhancer, LIMPID_LEARN, 1);
  }
  this->keeps_learned = 0;
}

void core_run(core *this, const float *const *input, float *const *output, size_t count, const float *const *controls) {
  for (int channel = 0; channel < this->channels; channel++)
    if (!input[channel] || !output[channel]) return;
  follow(this, controls);
  if (count == 0) return;
  this->is_fresh = 0;
  limpid_process(this->enhancer, input, output, count);
}

int core_latency(const core *this) { return this->latency; }

float core_learned(const core *this) {
  double seconds = 0;
  if (this->values[core_model] > 0 || !this->has_wide) limpid_learned(this->enhancer, &seconds);
  return (float)seconds;
}

int core_learned_any(const core *this) {
  double seconds = 0;
  limpid_learned(this->enhancer, &seconds);
  return seconds > 0;
}

int core_save_learned(core *this, const char *path, int *saved, core_say say, void *context) {
  *saved = 0;
  if (!core_learned_any(this)) return 0;
  switch (limpid_save_learned(this->enhancer, path)) {
    case LIMPID_OK:
      *saved = 1;
      return 0;
    case LIMPID_WRONG_STATE:  // forgotten in this moment
      return 0;
    default:
      say_error(say, context, "what was learned is not saved");
      return 1;
  }
}

int core_restore_learned(core *this, const char *path, core_say say, void *context) {
  core_forget_learned(this);
  this->keeps_learned = !limpid_learn_file(this->enhancer, path);
  if (this->keeps_learned) {
    this->values[core_learn] = this->values[core_forget] = 0;
    return 0;
  }
  if (this->has_wide) say_error(say, context, "what was learned is not there again");
  else say(context, "limpid: what was learned is not there again: it takes the model wide");
  return 1;
}

void core_forget_learned(core *this) { limpid_forget(this->enhancer); }
