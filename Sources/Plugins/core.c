#include "core.h"

#include <limpid.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

const core_range core_ranges[core_control_count] = {
    [core_attenuation_limit] = {0, 100, 100}, [core_mix] = {0, 1, 1},    [core_bypass] = {0, 1, 0},
    [core_learn] = {0, 1, 0},                 [core_freeze] = {0, 1, 0}, [core_forget] = {0, 1, 0},
    [core_model] = {0, 1, 0},
};

// Samples of the coming model that are made at once.
enum { piece = 256 };
// Seconds that the coming model hears before it is heard, beyond the latency, and over which it takes the other's place.
static const double settling = 0.5, fading = 0.02;

struct core {
  int channels, latency;
  limpid_enhancer *enhancers[model_count];  // the wide one may be NULL
  float values[core_control_count];         // in force, in range
  int is_fresh;                             // no block since the last reset
  int learns[model_count];                  // which model learns just now
  model_name active;                        // the model that is heard
  // While another model takes over: it hears the input for `settle` samples, then is faded in, `faded` of `fade` so far.
  int is_changing;
  size_t settle, fade, faded;
  size_t settling, fading;  // how many each is
  float scratch[core_most_channels][piece];
};

static limpid_enhancer *prepared(model_name name, int rate, int channels) {
  limpid_model *model = model_take(name);
  if (!model) return NULL;
  limpid_enhancer *enhancer = NULL;
  if (limpid_create(model, &enhancer) || limpid_set_text(enhancer, "noise-selection", "residual") ||
      limpid_prepare(enhancer, rate, channels)) {
    limpid_destroy(enhancer);
    model_give_back(name);
    return NULL;
  }
  return enhancer;
}

// limpid_last_error as something that was tried.
static void say_error(core_say say, void *context, const char *tried) {
  char sentence[640];
  snprintf(sentence, sizeof sentence, "limpid: %s: %s", tried, limpid_last_error());
  say(context, sentence);
}

core *core_make(double rate, int channels, core_say say, void *context) {
  core *this = calloc(1, sizeof *this);
  if (!this) return NULL;
  this->channels = channels;
  // The C interface takes whole rates and says itself which.
  int whole = rate >= 1 && rate <= 1e6 ? (int)lround(rate) : -1;
  this->enhancers[model_light] = prepared(model_light, whole, channels);
  if (!this->enhancers[model_light]) {
    say_error(say, context, "the plugin cannot run");
    core_free(this);
    return NULL;
  }
  this->enhancers[model_wide] = prepared(model_wide, whole, channels);
  if (!this->enhancers[model_wide]) say_error(say, context, "only the model light can be chosen");
  limpid_latency(this->enhancers[model_light], &this->latency);
  this->settling = this->latency + (size_t)(settling * rate);
  this->fading = (size_t)(fading * rate) + 1;
  for (int n = 0; n < core_control_count; n++) this->values[n] = core_ranges[n].usual;
  this->is_fresh = 1;
  return this;
}

void core_free(core *this) {
  if (!this) return;
  for (int name = 0; name < model_count; name++) {
    if (!this->enhancers[name]) continue;
    limpid_destroy(this->enhancers[name]);
    model_give_back(name);
  }
  free(this);
}

// To every model, or what there is of them.
static void adjust_all(core *this, limpid_control control, float value) {
  for (int name = 0; name < model_count; name++)
    if (this->enhancers[name]) limpid_adjust(this->enhancers[name], control, value);
}

void core_reset(core *this, int forgets) {
  for (int name = 0; name < model_count; name++) {
    if (!this->enhancers[name]) continue;
    if (forgets) limpid_adjust(this->enhancers[name], LIMPID_FORGET, 1);
    limpid_reset(this->enhancers[name]);
    this->learns[name] = 0;
  }
  this->is_changing = 0;
  // Switches that are on go on anew.
  this->values[core_learn] = this->values[core_forget] = 0;
  this->is_fresh = 1;
}

static limpid_enhancer *heard(const core *this) { return this->enhancers[this->active]; }
static limpid_enhancer *coming(const core *this) { return this->enhancers[!this->active]; }

// The model that is chosen begins to learn, or whichever does ends it.
static void learn(core *this, int begins) {
  model_name chosen = this->is_changing ? !this->active : this->active;
  for (int name = 0; name < model_count; name++) {
    if (begins ? name != (int)chosen : !this->learns[name]) continue;
    limpid_adjust(this->enhancers[name], LIMPID_LEARN, begins);
    this->learns[name] = begins;
  }
}

// A control's value in its range; as it was where it is no number.
static float ranged(const core *this, core_control n, const float *const *controls) {
  if (!controls || !controls[n] || isnan(*controls[n])) return this->values[n];
  float value = *controls[n];
  if (value < core_ranges[n].least) value = core_ranges[n].least;
  if (value > core_ranges[n].most) value = core_ranges[n].most;
  // All but the two numbers are switches.
  return n == core_attenuation_limit || n == core_mix ? value : value > 0.5f;
}

// Begins, or takes back, the change to another model.
static void choose(core *this, model_name wished) {
  if (!this->enhancers[wished]) return;
  if (this->is_changing) {
    if (wished == this->active && this->faded == 0) this->is_changing = 0;
    return;  // one that is half heard already is ended first
  }
  if (wished == this->active) return;
  if (this->is_fresh) {
    this->active = wished;
    return;
  }
  limpid_reset(this->enhancers[wished]);
  this->learns[wished] = 0;
  this->is_changing = 1;
  this->settle = this->settling;
  this->fade = this->fading;
  this->faded = 0;
}

static void follow(core *this, const float *const *controls) {
  static const limpid_control numbers[] = {
      [core_attenuation_limit] = LIMPID_ATTENUATION_LIMIT, [core_mix] = LIMPID_MIX, [core_bypass] = LIMPID_BYPASS};
  int jumps = 0;
  choose(this, ranged(this, core_model, controls) > 0 ? model_wide : model_light);
  for (core_control n = 0; n < core_control_count; n++) {
    float value = ranged(this, n, controls);
    if (value == this->values[n]) continue;
    this->values[n] = value;
    switch (n) {
      case core_attenuation_limit:
        value = value >= core_no_limit ? INFINITY : value;  // falls through
      case core_mix:
      case core_bypass:
        adjust_all(this, numbers[n], value);
        jumps = this->is_fresh;
        break;
      case core_freeze:
        adjust_all(this, LIMPID_FREEZE, value);
        break;
      case core_learn:
        learn(this, value > 0);
        break;
      case core_forget:
        if (value > 0) adjust_all(this, LIMPID_FORGET, 1);
        break;
      default:
        break;
    }
  }
  // What is set from the beginning holds from the first sample on: a reset jumps where a change would fade.
  if (jumps) {
    for (int name = 0; name < model_count; name++)
      if (this->enhancers[name]) limpid_reset(this->enhancers[name]);
    if (this->values[core_learn] > 0) learn(this, 1);
  }
}

// One piece through both models: the coming one is heard as far as it is faded in.
static void change(core *this, const float *const *input, float *const *output, size_t count) {
  float *made[core_most_channels];
  for (int channel = 0; channel < this->channels; channel++) made[channel] = this->scratch[channel];
  limpid_process(coming(this), input, made, count);
  limpid_process(heard(this), input, output, count);
  size_t silent = this->settle < count ? this->settle : count;
  this->settle -= silent;
  for (int channel = 0; channel < this->channels; channel++) {
    const float *new = made[channel];
    float *old = output[channel];
    size_t done = this->faded;
    for (size_t n = silent; n < count; n++, done++)
      old[n] = done < this->fade ? old[n] + (float)done / this->fade * (new[n] - old[n]) : new[n];
  }
  this->faded += count - silent;
  if (this->faded >= this->fade) {
    this->is_changing = 0;
    this->active = !this->active;
  }
}

void core_run(core *this, const float *const *input, float *const *output, size_t count, const float *const *controls) {
  for (int channel = 0; channel < this->channels; channel++)
    if (!input[channel] || !output[channel]) return;
  follow(this, controls);
  if (count > 0) this->is_fresh = 0;
  size_t done = 0;
  while (done < count) {
    const float *from[core_most_channels];
    float *into[core_most_channels];
    for (int channel = 0; channel < this->channels; channel++) {
      from[channel] = input[channel] + done;
      into[channel] = output[channel] + done;
    }
    size_t part = count - done;
    if (!this->is_changing) {
      limpid_process(heard(this), from, into, part);
    } else {
      if (part > piece) part = piece;
      change(this, from, into, part);
    }
    done += part;
  }
}

int core_latency(const core *this) { return this->latency; }

float core_learned(const core *this) {
  double seconds = 0;
  limpid_learned(heard(this), &seconds);
  return (float)seconds;
}

// Only the wide model has tokens for what was learned.
int core_learned_any(const core *this) {
  double seconds = 0;
  if (this->enhancers[model_wide]) limpid_learned(this->enhancers[model_wide], &seconds);
  return seconds > 0;
}

int core_save_learned(core *this, const char *path, int *saved, core_say say, void *context) {
  limpid_enhancer *learner = this->enhancers[model_wide];
  *saved = 0;
  if (!core_learned_any(this)) return 0;
  switch (limpid_save_learned(learner, path)) {
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
  limpid_enhancer *learner = this->enhancers[model_wide];
  core_forget_learned(this);
  if (learner && !limpid_learn_file(learner, path)) return 0;
  if (learner) say_error(say, context, "what was learned is not there again");
  else say(context, "limpid: what was learned is not there again: it takes the model wide");
  return 1;
}

void core_forget_learned(core *this) {
  for (int name = 0; name < model_count; name++)
    if (this->enhancers[name]) limpid_forget(this->enhancers[name]);
}
