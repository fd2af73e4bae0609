// Thread-local memory, which Swift has not.
#include "last_error.h"
#include "limpid.h"

#include <string.h>

// Small: what the dynamic linker has for thread-local memory of libraries loaded by dlopen is little.
static _Thread_local char kept[512];

const char *limpid_last_error(void) { return kept; }

void ci_keep_error(const char *sentence) {
  size_t length = strlen(sentence);
  if (length >= sizeof kept) {
    length = sizeof kept - 1;
    // Not in the middle of a character of UTF-8.
    while (length > 0 && ((unsigned char)sentence[length] & 0xC0) == 0x80) length--;
  }
  memcpy(kept, sentence, length);
  kept[length] = 0;
}
