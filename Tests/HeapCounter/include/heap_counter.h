// Counts the heap calls of the calling thread, for tests that promise none.
#pragma once

// malloc, calloc, realloc, aligned allocation and free calls of this thread so far.
// Read it into a constant before formatting it: formatting allocates.
unsigned long heap_call_count(void);

// pthread_mutex_lock calls of this thread so far.
unsigned long lock_call_count(void);
