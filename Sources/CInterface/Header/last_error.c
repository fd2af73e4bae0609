// A sentence for each thread, which Swift has no memory for.
#include "last_error.h"
#include "limpid.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Not thread-local variables: Swift's run time makes the linker lay those of the whole library where a process has some 1600
// bytes for all that it loads by dlopen, and three libraries with Limpid inside would not fit.
enum { size = 512, slots = 32 };
static char kept[slots][size];
static atomic_bool taken[slots];

static pthread_key_t key;
static atomic_bool has_key;

static void give_back(void *memory) {
  for (int n = 0; n < slots; n++)
    if (memory == kept[n]) {
      atomic_store(&taken[n], 0);
      return;
    }
  free(memory);
}

__attribute__((constructor)) static void make_key(void) { has_key = pthread_key_create(&key, give_back) == 0; }

const char *limpid_last_error(void) {
  const char *memory = has_key ? pthread_getspecific(key) : NULL;
  return memory ? memory : "";
}

// The thread's own: without a heap call for the first threads that have something to say.
static char *memory_of_thread(void) {
  if (!has_key) return NULL;
  char *memory = pthread_getspecific(key);
  for (int n = 0; n < slots && !memory; n++)
    if (!atomic_exchange(&taken[n], 1)) memory = kept[n];
  if (!memory) memory = malloc(size);
  if (memory && pthread_setspecific(key, memory)) {
    give_back(memory);
    return NULL;
  }
  return memory;
}

void ci_keep_error(const char *sentence) {
  char *memory = memory_of_thread();
  if (!memory) return;
  size_t length = strlen(sentence);
  if (length >= size) {
    length = size - 1;
    // Not in the middle of a character of UTF-8.
    while (length > 0 && ((unsigned char)sentence[length] & 0xC0) == 0x80) length--;
  }
  memmove(memory, sentence, length);  // it may be the thread's newest itself
  memory[length] = 0;
}
