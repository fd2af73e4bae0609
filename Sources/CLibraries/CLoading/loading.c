#include "loading.h"

void *limpid_open_first(const char *const *names, int flags) {
  for (; *names; names++) {
    void *handle = dlopen(*names, RTLD_NOW | flags);
    if (handle) return handle;
  }
  return NULL;
}
