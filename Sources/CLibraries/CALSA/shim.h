#include <alsa/asoundlib.h>

// The handler is variadic, which Swift cannot write.
static inline void limpid_alsa_ignore(
    const char *file, int line, const char *function, int error, const char *format, ...) {
  (void)file, (void)line, (void)function, (void)error, (void)format;
}
static inline void limpid_alsa_silence(void) { snd_lib_error_set_handler(limpid_alsa_ignore); }
