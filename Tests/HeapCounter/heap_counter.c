// Defines the allocator's entry points over glibc's own and counts them per thread.
// Linked into a test program these definitions win over libc's, for every library of the process.
// Not together with a sanitizer, which brings an allocator of its own.
#define _GNU_SOURCE
#include "heap_counter.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

static _Thread_local unsigned long calls __attribute__((tls_model("initial-exec")));

static _Thread_local unsigned long locks __attribute__((tls_model("initial-exec")));

unsigned long heap_call_count(void) { return calls; }
unsigned long lock_call_count(void) { return locks; }

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

void *malloc(size_t size) {
  ++calls;
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  ++calls;
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  ++calls;
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  ++calls;
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  ++calls;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  ++calls;
  void *made = __libc_memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}

void free(void *memory) {
  ++calls;
  __libc_free(memory);
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  static int (*_Atomic real)(pthread_mutex_t *);
  if (!real) real = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
  ++locks;
  return real(mutex);
}

#endif
