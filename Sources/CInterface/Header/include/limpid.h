/* Limpid for C: a noisy voice in, a clear one out.
 *
 *     limpid_model *model = NULL;
 *     limpid_enhancer *enhancer = NULL;
 *     if (limpid_model_open("limpid-sequence.safetensors", NULL, &model) ||
 *         limpid_create(model, &enhancer) ||
 *         limpid_set_text(enhancer, "noise-selection", "residual") ||
 *         limpid_prepare(enhancer, 48000, 1))
 *       puts(limpid_last_error());
 *     else
 *       limpid_process(enhancer, input, output, 480);      // again and again
 *     limpid_destroy(enhancer);                            // NULL is allowed
 *     limpid_model_close(model);
 *
 * This is one network in one pass. What the preset `live` does, nearer to the clean voice in some eight times the time: the light
 * and the wide model as one (limpid_model_pair), the settings "passes" 2, "post-filter" 2 and "noise-selection" "residual".
 *
 * An enhancer is created, set, and prepared: either for blocks that the calling thread enhances itself (limpid_prepare,
 * limpid_process), or to stand behind a device's callback, which then only copies, while a thread of the library's own
 * enhances (limpid_prepare_real_time, limpid_process_real_time).
 *
 * Samples are 32-bit floats, full scale -1 to 1. Samples that are not finite are taken as 0. A count is of samples per
 * channel. Rates are in Hz.
 *
 * Threads: a model may be shared by any number of threads and enhancers. All calls on one enhancer are made one after
 * the other, on any threads; the only exceptions are limpid_process_real_time, which may run beside limpid_set_*,
 * limpid_forget, limpid_counter and limpid_latency, and limpid_process, beside which limpid_save_learned may run. Enhancers
 * know nothing of each other.
 *
 * Whatever comes in, a NULL or a file of noise, is answered by a status; nothing here ends the program. Only what C
 * cannot tell is believed: that a pointer is one that was given out here and not yet given back, that there are as many
 * samples as were said, and that a text ends in a zero byte. Where a status other than LIMPID_OK is returned, nothing has
 * changed unless it is said below.
 *
 * GPL-3.0-or-later. */
#ifndef LIMPID_H
#define LIMPID_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a call. Numbers keep their meaning; new ones may be added. */
typedef enum limpid_status {
  LIMPID_OK = 0,
  /* NULL where something must be, or a count that cannot be. */
  LIMPID_BAD_ARGUMENT = 1,
  /* There is no setting or counter of that name. */
  LIMPID_UNKNOWN_KEY = 2,
  /* The setting does not take that value. */
  LIMPID_BAD_VALUE = 3,
  /* A sample rate, number of channels or size of block out of range. */
  LIMPID_UNSUPPORTED_FORMAT = 4,
  /* There is no such file, or it cannot be read. */
  LIMPID_NO_FILE = 5,
  /* The file holds no model, or none is there where one is needed, or it cannot do what is asked. */
  LIMPID_BAD_MODEL = 6,
  /* Nothing can be learned from the sound: too short, silent, or not finite. */
  LIMPID_BAD_SOUND = 7,
  /* Not now: not prepared, prepared otherwise, or a setting that is fixed until limpid_stop. */
  LIMPID_WRONG_STATE = 8,
  /* The machine does not manage a frame of all channels in its 10 ms. */
  LIMPID_TOO_SLOW = 9,
  /* Too many changes wait for the real-time thread; try again. */
  LIMPID_BUSY = 10,
  /* The system gave no thread. */
  LIMPID_SYSTEM = 11,
  /* The caller's own function (limpid_progress) ended it. */
  LIMPID_STOPPED = 12
} limpid_status;

/* Weights, read once. */
typedef struct limpid_model limpid_model;
/* One stream of 1 to 32 channels. */
typedef struct limpid_enhancer limpid_enhancer;

/* The library's version, such as "0.2.1". Any thread, at any time. The text stays valid for ever. */
const char *limpid_version(void);

/* One sentence, in English, on the newest call of the calling thread that did not return LIMPID_OK: what was wrong, and
 * what helps. "" before any. Never NULL. Any thread; every thread has its own. The text is the library's and stays as it
 * is until the next failing call of the same thread. */
const char *limpid_last_error(void);

/* Reads and checks a weights file.
 *
 * path: a .safetensors file, UTF-8.
 * precision: "float32", "bfloat16", for processors with AVX512_BF16, or "auto": the one that this processor multiplies
 *     faster in; NULL: auto.
 * model: receives the model, to be given back by limpid_model_close. NULL is stored where it fails.
 *
 * Any thread, not a real-time one: reads the file and allocates.
 * LIMPID_NO_FILE, LIMPID_BAD_MODEL, LIMPID_BAD_VALUE (precision), LIMPID_BAD_ARGUMENT. */
limpid_status limpid_model_open(const char *path, const char *precision, limpid_model **model);

/* The same for one of Limpid's own models, by its name: "light" or "wide". Its file is looked for in $LIMPID_MODELS, then in the
 * folders that `limpid presets --help` names, "models" in each; among them are those above a binary, "presets" and
 * "share/limpid/presets": installed together, they are found wherever that is.
 *
 * near: the path of that binary, UTF-8: a plugin gives its own (dladdr); NULL: the running program's.
 * precision, model: as limpid_model_open.
 *
 * Any thread, not a real-time one: reads files and allocates.
 * LIMPID_NO_FILE, LIMPID_BAD_MODEL, LIMPID_BAD_VALUE (precision), LIMPID_BAD_ARGUMENT. */
limpid_status limpid_model_open_named(const char *name, const char *near, const char *precision, limpid_model **model);

/* Two models as one, whose estimate is the mean of theirs: nearer to the clean voice than either, in the time of both.
 *
 * first, second: of one network each, and of one format and precision; both may be closed afterwards: the new one has a share in
 *     them. The setting "networks" chooses, also while it runs, which are heard; of both, while something was learned, only
 *     those that hear of it.
 * model: receives the model, to be given back by limpid_model_close. NULL is stored where it fails.
 *
 * Any thread, not a real-time one: allocates. LIMPID_BAD_MODEL (they do not go together), LIMPID_BAD_ARGUMENT. */
limpid_status limpid_model_pair(limpid_model *first, limpid_model *second, limpid_model **model);

/* Gives a model back. Enhancers made of it go on: they have a share in it. NULL is allowed. Any thread, not a real-time
 * one. */
void limpid_model_close(limpid_model *model);

/* Makes an enhancer, with the settings that the library has by itself.
 *
 * model: NULL: only the method "wiener" works.
 * enhancer: receives it, to be given back by limpid_destroy. NULL is stored where it fails.
 *
 * Any thread, not a real-time one: allocates. LIMPID_BAD_ARGUMENT. */
limpid_status limpid_create(limpid_model *model, limpid_enhancer **enhancer);

/* Ends an enhancer and its threads, and frees what it has; no other call on it is under way or may follow. NULL is
 * allowed. Not a real-time thread: waits for the library's own threads to end. */
void limpid_destroy(limpid_enhancer *enhancer);

/* Settings, by key. Most keys are those of presets and of the options of `limpid enhance`; maximum-steps, networks, bypass,
 * resampler-quality, allowance and adaptive-steps are for libraries alone:
 *
 *   method              "score" (the model), "wiener"                                         score
 *   steps               reverse steps a frame, 1 to what the model's time grid has (8)     *  1
 *   maximum-steps       what steps may rise to once prepared with limpid_prepare              as steps
 *   networks            of a model of two (limpid_model_pair): "both", "first", "second"   *  both
 *   passes              over the sound, half a frame's step apart, of which the mean is heard:
 *                       1, or 2 for twice the work (all presets have 2)                       1
 *   post-filter         at most so many dB more are taken from what is mostly noise, 0 to 6
 *                       (all presets have 2)                                                  0
 *   guidance            weight of classifier-free guidance, 0 to 10; 1: none               *  1
 *   sampler             "few-step", "reverse-diffusion", "predictor-corrector",
 *                       "probability-flow"                                                    few-step
 *   eta                 of the sampler few-step, 0 to 1                                       0
 *   corrector-snr       of the sampler predictor-corrector, above 0, to 1                     0.5
 *   attenuation-limit   noise is lowered by at most so many dB, 0 to 200; "none"           *  none
 *   mix                 0: the input, 1: the enhanced signal                               *  1
 *   bypass              "true": the output is the delayed input, to the bit; "false"       *  false
 *   seed                names the sampler's noise, a whole number from 0                      0
 *   noise-selection     "spp", "residual" (all presets have residual)                         spp
 *   reference-length    seconds of noise that the rolling reference holds, 0.25 to 2          2
 *   start-level         level assumed before anything was heard, dB, -75 to 10                -26
 *   band                "full": what is above 8 kHz is kept and denoised, "wide": left out    full
 *   resampler-quality   0 to 10                                                               5; in real time 3
 *   independent-channels "true": every channel by itself, no stereo image; "false"            false
 *   learned-voices      "always": a learned voice is removed all the time, and the weaker
 *                       of others with it; "heard": while it speaks                           always
 *   allowance           in real time: seconds for the model beyond a block, 0 to 1            0.01
 *   adaptive-steps      in real time: "true": fewer steps where frames are late, one pass of
 *                       two, and of both networks the first alone; "false"                    true
 *
 * Those marked * may change at any time, also beside limpid_process_real_time: the change is heard from the next frame or
 * block on, faded where it could click. The others are fixed from limpid_prepare to limpid_stop. A number may be given as
 * text ("0.5"), and "true" and "false" as 1 and 0.
 *
 * Any thread, not the device's callback: may allocate, and may wait a moment for another ordinary thread.
 * LIMPID_UNKNOWN_KEY, LIMPID_BAD_VALUE, LIMPID_WRONG_STATE (fixed), LIMPID_BUSY, LIMPID_BAD_ARGUMENT. */
limpid_status limpid_set_text(limpid_enhancer *enhancer, const char *key, const char *value);
limpid_status limpid_set_number(limpid_enhancer *enhancer, const char *key, double value);

/* Learns a sound that is not wanted, a voice above all: whatever is heard here is taken out from now on, as `limpid enhance
 * --remove` does (the setting "learned-voices" says when). Several calls add up. How loud it is does not matter.
 *
 * samples: (count), one channel, of which at least 0.6 s are heard; of more than 60 s the first are kept, and of these
 *     the first 4 s that are heard count. Copied.
 * sample_rate: 8000 to 192000.
 *
 * Before limpid_prepare_real_time; with limpid_prepare also between blocks. Not a real-time thread: takes some
 * milliseconds and allocates.
 * LIMPID_BAD_SOUND, LIMPID_UNSUPPORTED_FORMAT, LIMPID_BAD_MODEL (the model cannot), LIMPID_WRONG_STATE,
 * LIMPID_BAD_ARGUMENT. */
limpid_status limpid_learn(limpid_enhancer *enhancer, const float *samples, size_t count, int sample_rate);

/* The same from a file that limpid_save_learned wrote, or `limpid learn`. LIMPID_NO_FILE, LIMPID_BAD_SOUND besides. */
limpid_status limpid_learn_file(limpid_enhancer *enhancer, const char *path);

/* Writes what was learned, of limpid_learn or of the stream itself (LIMPID_LEARN), to a file that only its owner may read, as it
 * may be somebody's voice: whole, or not at all. `limpid enhance --remove FILE` takes it too.
 *
 * path: UTF-8; a file that is there is replaced. Several sounds are written as one, of each as much as counts where they are
 *     heard together: of n sounds the first 4/n seconds that are heard.
 *
 * One thread at a time, not the device's: writes a file and allocates. Also beside limpid_process and limpid_adjust, which do not
 * notice. LIMPID_WRONG_STATE (nothing was learned), LIMPID_NO_FILE (it cannot be written), LIMPID_BAD_ARGUMENT. */
limpid_status limpid_save_learned(limpid_enhancer *enhancer, const char *path);

/* Forgets all that was learned, as LIMPID_FORGET does; at any time, also beside limpid_process_real_time. Any thread, not the device's callback: may
 * wait a moment for another ordinary thread. LIMPID_BUSY, LIMPID_BAD_ARGUMENT. */
limpid_status limpid_forget(limpid_enhancer *enhancer);

/* Makes all memory for limpid_process. What was prepared before ends; where it fails, nothing is prepared.
 *
 * sample_rate: 8000 to 192000. channel_count: 1 to 32, linked unless independent-channels is on; each costs a network.
 *
 * Not a real-time thread: allocates.
 * LIMPID_UNSUPPORTED_FORMAT, LIMPID_BAD_MODEL (also one that hears recordings from their end: limpid_enhance_recording has a place
 * for it), LIMPID_BAD_VALUE, LIMPID_BAD_ARGUMENT. */
limpid_status limpid_prepare(limpid_enhancer *enhancer, int sample_rate, int channel_count);

/* Enhances a block of any size on the calling thread. The same signal gives the same bits, however it is cut into
 * blocks, and the same as `limpid enhance`, limpid_latency samples later: the first samples out are from before the
 * input, and a tail of so many zeros brings out its end.
 *
 * input: (channel_count) pointers to count samples each. output: as many pointers to room for count samples each; each may be
 * that of input, else they do not overlap. Both are the caller's, and no longer needed on return.
 *
 * One thread at a time. Neither allocates nor locks, and waits for nothing; a frame of 10 ms is computed in the call that
 * completes it. LIMPID_WRONG_STATE (not prepared), LIMPID_BAD_ARGUMENT; output is untouched then. */
limpid_status limpid_process(
    limpid_enhancer *enhancer, const float *const *input, float *const *output, size_t count);

/* The same, interleaved: (count, channel_count) samples in one piece; output may be input. */
limpid_status limpid_process_interleaved(limpid_enhancer *enhancer, const float *input, float *output, size_t count);

/* Is told now and then how much of a call is done, 0 to 1, by the call's own thread. Not 0 ends the call. */
typedef int (*limpid_progress)(void *context, double done);

/* Enhances a whole recording, as `limpid enhance` does: the same bits with the same settings. The output has the
 * recording's length and lines up with it. It begins as after limpid_reset, and leaves the enhancer so.
 *
 * enhancer: prepared by limpid_prepare.
 * backward: an enhancer whose model hears recordings from their end (limpid-wide-backward.safetensors), and then has a part in what is
 *     heard, as the preset quality has it; its own settings and learned sounds are those of the way back. It need not be prepared, and
 *     stays as it is. NULL: the recording is heard as it comes alone.
 * input: (count, channel_count) interleaved samples. output: room for as many, which do not overlap with the input.
 * warm_up: seconds of the beginning, and for the way back of the end, that are heard before they are enhanced, 0 to 10.
 * progress: NULL: nobody is told. context: what it is given.
 *
 * Not a real-time thread: allocates, and takes its time. One thread at a time for each enhancer, not beside limpid_process.
 * LIMPID_WRONG_STATE (not prepared by limpid_prepare), LIMPID_BAD_MODEL (backward has none that hears so), LIMPID_BAD_VALUE (warm_up; a
 * setting of backward), LIMPID_STOPPED (by progress), LIMPID_BAD_ARGUMENT. The output is then of no use. */
limpid_status limpid_enhance_recording(
    limpid_enhancer *enhancer, limpid_enhancer *backward, const float *input, float *output, size_t count, double warm_up,
    limpid_progress progress, void *context);

/* What may change between blocks on the thread of limpid_process itself, without a heap call or a lock. */
typedef enum limpid_control {
  /* Noise is lowered by at most so many dB, 0 to 200; INFINITY: no limit. As the setting of the same name. */
  LIMPID_ATTENUATION_LIMIT = 0,
  /* 0: the input, 1: the enhanced signal. */
  LIMPID_MIX = 1,
  /* Above 0: the output is the delayed input, to the bit. */
  LIMPID_BYPASS = 2,
  /* Above 0: the noise reference stays as it is; where less than 0.25 s were heard, as soon as it is full. */
  LIMPID_FREEZE = 3,
  /* Above 0: begins to learn what sounds from now on, of several channels the loudest, as a sound that is to be removed (limpid_learn);
   * 0: ends it, and so do 5 s. Of at least 0.6 s of sound the tokens are made, a share in every frame, and have their effect
   * half a second later, in place of what was learned before. With a model without tokens for learned noise
   * the noise reference is what learns: emptied at the beginning, kept as it is from the end on. */
  LIMPID_LEARN = 4,
  /* Any value: forgets what was learned. */
  LIMPID_FORGET = 5,
  /* Which networks of a model of two are heard, as the setting: 0: the first, 1: the second, 2: both. One that comes into use runs
   * unheard for 0.1 s, then is faded in over as long. */
  LIMPID_NETWORKS = 6,
  /* Of an enhancer whose setting passes is 2, how many run: 1 leaves the second out, 2 has it again, faded over half a frame's
   * step, and where it comes back ten of them later. The latency stays. Where the setting is 1, only 1 is in range. Setting
   * passes again brings all of them back. */
  LIMPID_PASSES = 7
} limpid_control;

/* Changes one of them: heard from the next frame or block on, faded where it could click.
 *
 * The thread of limpid_process, between blocks: neither allocates nor locks, and waits for nothing.
 * LIMPID_WRONG_STATE (not prepared by limpid_prepare), LIMPID_BAD_VALUE (also for an unknown control), LIMPID_BAD_ARGUMENT. */
limpid_status limpid_adjust(limpid_enhancer *enhancer, limpid_control control, float value);

/* Seconds of sound that were learned and are removed now; 0: none. Any thread, also a real-time one and beside limpid_process.
 * LIMPID_BAD_ARGUMENT. */
limpid_status limpid_learned(const limpid_enhancer *enhancer, double *seconds);

/* Back to the state after limpid_prepare, with the settings of now and what was learned; what was heard is forgotten.
 * One thread at a time, not beside limpid_process; allocates nothing. LIMPID_WRONG_STATE (not prepared by limpid_prepare),
 * LIMPID_BAD_ARGUMENT. */
limpid_status limpid_reset(limpid_enhancer *enhancer);

/* Makes memory and threads for limpid_process_real_time, and measures for a moment whether the machine is fast enough.
 * What was prepared before ends; where it fails, nothing is prepared.
 *
 * sample_rate, channel_count: as limpid_prepare. block: samples per channel of a callback, 1 to 1048576: JACK's buffer
 * size, ALSA's period.
 *
 * Not a real-time thread: allocates, starts two threads, and takes a tenth of a second or so. The thread that enhances
 * runs at a real-time priority below that of the thread that calls limpid_process_real_time, where that has one and the
 * system allows it.
 * LIMPID_UNSUPPORTED_FORMAT, LIMPID_BAD_MODEL, LIMPID_BAD_VALUE, LIMPID_TOO_SLOW, LIMPID_SYSTEM, LIMPID_BAD_ARGUMENT. */
limpid_status limpid_prepare_real_time(limpid_enhancer *enhancer, int sample_rate, int channel_count, int block);

/* Flags of limpid_process_real_time. */
enum {
  /* Nobody hears this block now (freewheel, a file): the call may wait until its output is made, so that none is late. */
  LIMPID_MAY_WAIT = 1
};

/* A block from a device's callback: takes its input, and gives the output that is due, limpid_latency samples later. What
 * is not ready in time is played from the delayed input at the last gain, faded at both ends, and counted
 * (limpid_counter); the latency never grows.
 *
 * input, output: as limpid_process. count: at most the block of limpid_prepare_real_time, which should be the usual count: a
 * block that comes in parts is enhanced once it is whole, and the time for that is shorter by what the last part lacks of a
 * block. flags: 0 or LIMPID_MAY_WAIT.
 *
 * One thread at a time, a real-time one: neither allocates nor locks, and waits for nothing unless it may.
 * LIMPID_WRONG_STATE, LIMPID_BAD_ARGUMENT; output is untouched then. */
limpid_status limpid_process_real_time(
    limpid_enhancer *enhancer, const float *const *input, float *const *output, size_t count, unsigned flags);

/* Samples per channel, at the enhancer's rate, from an input sample to the output sample that holds it: constant from
 * limpid_prepare or limpid_prepare_real_time to limpid_stop. Any thread. LIMPID_WRONG_STATE (not prepared),
 * LIMPID_BAD_ARGUMENT. */
limpid_status limpid_latency(const limpid_enhancer *enhancer, int *samples);

/* What happened in real time since the enhancer was prepared:
 *
 *   late            frames that were ready after they were due
 *   reduced         frames that ran fewer steps, passes or networks than wished
 *   dry             spans that were played from the delayed input
 *   dry-samples     samples per channel of them
 *   reference-late  refreshes of the noise tokens that were not ready at their frame
 *   overruns        times that input was left out because nobody took it
 *   steps           not a count: the steps that run now
 *
 * Any thread but the device's callback: may wait a moment for another ordinary thread, and allocates.
 * LIMPID_UNKNOWN_KEY, LIMPID_WRONG_STATE (not prepared by limpid_prepare_real_time), LIMPID_BAD_ARGUMENT. */
limpid_status limpid_counter(limpid_enhancer *enhancer, const char *name, uint64_t *value);

/* Ends what limpid_prepare or limpid_prepare_real_time began; no limpid_process_real_time is under way. Settings and what
 * was learned stay, and all settings may change again. An enhancer that is not prepared stays as it is. Not a real-time
 * thread: waits for the library's own threads to end. LIMPID_BAD_ARGUMENT. */
limpid_status limpid_stop(limpid_enhancer *enhancer);

#ifdef __cplusplus
}
#endif

#endif
