#include "CALSA.h"

#include <errno.h>
#include <loading.h>
#include <pthread.h>

// Without the library nothing is opened, so nothing of this is called; were it, it would fail as a device that has no such call.
#define STATUS(name, parameters, arguments) LIMPID_FUNCTION(int, name, parameters, arguments, -ENOSYS)
#define COUNT(name, parameters, arguments) LIMPID_FUNCTION(snd_pcm_sframes_t, name, parameters, arguments, -ENOSYS)

STATUS(snd_config_update, (void), ())
STATUS(snd_device_name_hint, (int card, const char *interface, void ***hints), (card, interface, hints))
STATUS(snd_device_name_free_hint, (void **hints), (hints))
LIMPID_FUNCTION(char *, snd_device_name_get_hint, (const void *hint, const char *key), (hint, key), NULL)
LIMPID_FUNCTION(const char *, snd_strerror, (int number), (number), "alsa-lib is not there")
STATUS(snd_lib_error_set_handler, (snd_lib_error_handler_t handler), (handler))

STATUS(
    snd_pcm_open, (snd_pcm_t * *pcm, const char *name, snd_pcm_stream_t stream, int mode), (pcm, name, stream, mode))
STATUS(snd_pcm_close, (snd_pcm_t * pcm), (pcm))
STATUS(snd_pcm_link, (snd_pcm_t * a, snd_pcm_t *b), (a, b))
LIMPID_FUNCTION(snd_pcm_type_t, snd_pcm_type, (snd_pcm_t * pcm), (pcm), SND_PCM_TYPE_NULL)
LIMPID_FUNCTION(snd_pcm_state_t, snd_pcm_state, (snd_pcm_t * pcm), (pcm), SND_PCM_STATE_DISCONNECTED)
STATUS(snd_pcm_info, (snd_pcm_t * pcm, snd_pcm_info_t *info), (pcm, info))
STATUS(snd_pcm_info_malloc, (snd_pcm_info_t * *info), (info))
LIMPID_PROCEDURE(snd_pcm_info_free, (snd_pcm_info_t * info), (info))
STATUS(snd_pcm_info_get_card, (const snd_pcm_info_t *info), (info))

STATUS(snd_pcm_hw_params_malloc, (snd_pcm_hw_params_t * *params), (params))
LIMPID_PROCEDURE(snd_pcm_hw_params_free, (snd_pcm_hw_params_t * params), (params))
STATUS(snd_pcm_hw_params_any, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params), (pcm, params))
STATUS(
    snd_pcm_hw_params_set_access, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params, snd_pcm_access_t access),
    (pcm, params, access))
STATUS(
    snd_pcm_hw_params_set_format, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params, snd_pcm_format_t format),
    (pcm, params, format))
STATUS(
    snd_pcm_hw_params_set_channels_near, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params, unsigned int *count),
    (pcm, params, count))
STATUS(
    snd_pcm_hw_params_get_channels_max, (const snd_pcm_hw_params_t *params, unsigned int *count), (params, count))
STATUS(
    snd_pcm_hw_params_set_rate_near, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params, unsigned int *rate, int *direction),
    (pcm, params, rate, direction))
STATUS(
    snd_pcm_hw_params_set_period_size_near,
    (snd_pcm_t * pcm, snd_pcm_hw_params_t *params, snd_pcm_uframes_t *size, int *direction),
    (pcm, params, size, direction))
STATUS(
    snd_pcm_hw_params_set_buffer_size_near, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params, snd_pcm_uframes_t *size),
    (pcm, params, size))
STATUS(
    snd_pcm_hw_params_get_period_size, (const snd_pcm_hw_params_t *params, snd_pcm_uframes_t *size, int *direction),
    (params, size, direction))
STATUS(
    snd_pcm_hw_params_get_buffer_size, (const snd_pcm_hw_params_t *params, snd_pcm_uframes_t *size), (params, size))
STATUS(snd_pcm_hw_params, (snd_pcm_t * pcm, snd_pcm_hw_params_t *params), (pcm, params))

STATUS(snd_pcm_sw_params_malloc, (snd_pcm_sw_params_t * *params), (params))
LIMPID_PROCEDURE(snd_pcm_sw_params_free, (snd_pcm_sw_params_t * params), (params))
STATUS(snd_pcm_sw_params_current, (snd_pcm_t * pcm, snd_pcm_sw_params_t *params), (pcm, params))
STATUS(
    snd_pcm_sw_params_get_boundary, (const snd_pcm_sw_params_t *params, snd_pcm_uframes_t *boundary),
    (params, boundary))
STATUS(
    snd_pcm_sw_params_set_start_threshold, (snd_pcm_t * pcm, snd_pcm_sw_params_t *params, snd_pcm_uframes_t threshold),
    (pcm, params, threshold))
STATUS(
    snd_pcm_sw_params_set_avail_min, (snd_pcm_t * pcm, snd_pcm_sw_params_t *params, snd_pcm_uframes_t count),
    (pcm, params, count))
STATUS(snd_pcm_sw_params, (snd_pcm_t * pcm, snd_pcm_sw_params_t *params), (pcm, params))

STATUS(snd_pcm_prepare, (snd_pcm_t * pcm), (pcm))
STATUS(snd_pcm_start, (snd_pcm_t * pcm), (pcm))
STATUS(snd_pcm_resume, (snd_pcm_t * pcm), (pcm))
STATUS(snd_pcm_drop, (snd_pcm_t * pcm), (pcm))
STATUS(snd_pcm_wait, (snd_pcm_t * pcm, int milliseconds), (pcm, milliseconds))
STATUS(snd_pcm_delay, (snd_pcm_t * pcm, snd_pcm_sframes_t *delay), (pcm, delay))
COUNT(snd_pcm_avail, (snd_pcm_t * pcm), (pcm))
COUNT(snd_pcm_avail_update, (snd_pcm_t * pcm), (pcm))
COUNT(snd_pcm_readi, (snd_pcm_t * pcm, void *buffer, snd_pcm_uframes_t size), (pcm, buffer, size))
COUNT(snd_pcm_readn, (snd_pcm_t * pcm, void **buffers, snd_pcm_uframes_t size), (pcm, buffers, size))
COUNT(snd_pcm_mmap_readi, (snd_pcm_t * pcm, void *buffer, snd_pcm_uframes_t size), (pcm, buffer, size))
COUNT(snd_pcm_mmap_readn, (snd_pcm_t * pcm, void **buffers, snd_pcm_uframes_t size), (pcm, buffers, size))
COUNT(snd_pcm_writei, (snd_pcm_t * pcm, const void *buffer, snd_pcm_uframes_t size), (pcm, buffer, size))
COUNT(snd_pcm_writen, (snd_pcm_t * pcm, void **buffers, snd_pcm_uframes_t size), (pcm, buffers, size))
COUNT(snd_pcm_mmap_writei, (snd_pcm_t * pcm, const void *buffer, snd_pcm_uframes_t size), (pcm, buffer, size))
COUNT(snd_pcm_mmap_writen, (snd_pcm_t * pcm, void **buffers, snd_pcm_uframes_t size), (pcm, buffers, size))

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool isComplete;

static void load(void) {
  static const char *const names[] = {"libasound.so.2", NULL};
  // Global, so that what was preloaded finds the library behind it, and is found before it.
  if (!limpid_open_first(names, RTLD_GLOBAL)) return;
  void *all = RTLD_DEFAULT;
  isComplete = LIMPID_FIND(all, snd_config_update) && LIMPID_FIND(all, snd_device_name_hint) && LIMPID_FIND(all, snd_device_name_free_hint) &&
               LIMPID_FIND(all, snd_device_name_get_hint) && LIMPID_FIND(all, snd_strerror) &&
               LIMPID_FIND(all, snd_lib_error_set_handler) && LIMPID_FIND(all, snd_pcm_open) &&
               LIMPID_FIND(all, snd_pcm_close) && LIMPID_FIND(all, snd_pcm_link) && LIMPID_FIND(all, snd_pcm_type) &&
               LIMPID_FIND(all, snd_pcm_state) && LIMPID_FIND(all, snd_pcm_info) &&
               LIMPID_FIND(all, snd_pcm_info_malloc) && LIMPID_FIND(all, snd_pcm_info_free) &&
               LIMPID_FIND(all, snd_pcm_info_get_card) && LIMPID_FIND(all, snd_pcm_hw_params_malloc) &&
               LIMPID_FIND(all, snd_pcm_hw_params_free) && LIMPID_FIND(all, snd_pcm_hw_params_any) &&
               LIMPID_FIND(all, snd_pcm_hw_params_set_access) && LIMPID_FIND(all, snd_pcm_hw_params_set_format) &&
               LIMPID_FIND(all, snd_pcm_hw_params_set_channels_near) &&
               LIMPID_FIND(all, snd_pcm_hw_params_get_channels_max) &&
               LIMPID_FIND(all, snd_pcm_hw_params_set_rate_near) &&
               LIMPID_FIND(all, snd_pcm_hw_params_set_period_size_near) &&
               LIMPID_FIND(all, snd_pcm_hw_params_set_buffer_size_near) &&
               LIMPID_FIND(all, snd_pcm_hw_params_get_period_size) &&
               LIMPID_FIND(all, snd_pcm_hw_params_get_buffer_size) && LIMPID_FIND(all, snd_pcm_hw_params) &&
               LIMPID_FIND(all, snd_pcm_sw_params_malloc) && LIMPID_FIND(all, snd_pcm_sw_params_free) &&
               LIMPID_FIND(all, snd_pcm_sw_params_current) && LIMPID_FIND(all, snd_pcm_sw_params_get_boundary) &&
               LIMPID_FIND(all, snd_pcm_sw_params_set_start_threshold) &&
               LIMPID_FIND(all, snd_pcm_sw_params_set_avail_min) && LIMPID_FIND(all, snd_pcm_sw_params) &&
               LIMPID_FIND(all, snd_pcm_prepare) && LIMPID_FIND(all, snd_pcm_start) &&
               LIMPID_FIND(all, snd_pcm_resume) && LIMPID_FIND(all, snd_pcm_drop) && LIMPID_FIND(all, snd_pcm_wait) &&
               LIMPID_FIND(all, snd_pcm_delay) && LIMPID_FIND(all, snd_pcm_avail) &&
               LIMPID_FIND(all, snd_pcm_avail_update) && LIMPID_FIND(all, snd_pcm_readi) &&
               LIMPID_FIND(all, snd_pcm_readn) && LIMPID_FIND(all, snd_pcm_mmap_readi) &&
               LIMPID_FIND(all, snd_pcm_mmap_readn) && LIMPID_FIND(all, snd_pcm_writei) &&
               LIMPID_FIND(all, snd_pcm_writen) && LIMPID_FIND(all, snd_pcm_mmap_writei) &&
               LIMPID_FIND(all, snd_pcm_mmap_writen);
}

LIMPID_HIDDEN bool limpid_alsa_load(void) {
  pthread_once(&once, load);
  return isComplete;
}

static void ignore(const char *file, int line, const char *function, int error, const char *format, ...) {
  (void)file, (void)line, (void)function, (void)error, (void)format;
}

LIMPID_HIDDEN void limpid_alsa_silence(void) {
  if (limpid_alsa_load()) snd_lib_error_set_handler(ignore);
}
