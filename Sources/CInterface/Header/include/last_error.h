// The library's side of limpid_last_error; not installed.
#ifndef LIMPID_LAST_ERROR_H
#define LIMPID_LAST_ERROR_H

/// Keeps a copy of a sentence for the calling thread, cut at 511 bytes. Allocates nothing while no more than 32 threads have
/// one; for more, once a thread.
void ci_keep_error(const char *_Nonnull sentence);

#endif
