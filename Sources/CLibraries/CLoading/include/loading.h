// Shared libraries that are opened when they are first needed, so that a program runs where they are not installed.
//
// A library's target defines the functions of the library's own header that are used, by the same names: each calls what was
// found in the library. They are hidden, so plugins of the library go on binding to the library itself.
#ifndef LIMPID_LOADING_H
#define LIMPID_LOADING_H

#include <dlfcn.h>
#include <stddef.h>

#define LIMPID_HIDDEN __attribute__((visibility("hidden")))

/// Opens the first of `names` (the last is null) that there is; null where there is none. The library stays open.
///
/// - flags: RTLD_GLOBAL or RTLD_LOCAL.
LIMPID_HIDDEN void *_Nullable limpid_open_first(const char *_Nullable const *_Nonnull names, int flags);

/// Defines `name`, which calls the library's function where it was found, and gives `otherwise` where it was not.
#define LIMPID_FUNCTION(result, name, parameters, arguments, otherwise) \
  static __typeof__(name) *found_##name; \
  LIMPID_HIDDEN result name parameters { return found_##name ? found_##name arguments : (otherwise); }

/// The same for functions without a result.
#define LIMPID_PROCEDURE(name, parameters, arguments) \
  static __typeof__(name) *found_##name; \
  LIMPID_HIDDEN void name parameters { \
    if (found_##name) found_##name arguments; \
  }

/// Looks `name` up in `handle`; RTLD_DEFAULT: also in what stands before the library, such as what was preloaded.
#define LIMPID_FIND(handle, name) (found_##name = (__typeof__(name) *)dlsym(handle, #name))

#endif
