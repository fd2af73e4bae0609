// What real-time threads need of the operating system and Swift cannot say: scheduling, semaphores whose address stays
// put, locked memory.
#ifndef LIMPID_CTHREADS_H
#define LIMPID_CTHREADS_H

#include <stdbool.h>
#include <stdint.h>

/// Gives the calling thread SCHED_FIFO at `priority` (1…99). Returns 0, or errno: EPERM where it is not allowed.
int ct_make_realtime(int priority);
/// Gives the calling thread the ordinary scheduling again.
int ct_make_ordinary(void);
/// Prepares the calling thread for real-time scheduling that another process gives it (RealtimeKit), which asks for a limit, of the
/// whole process: a thread that runs for 0.1 s in real time without a pause becomes ordinary; at 0.2 s the system would end the process.
/// Returns the thread's number in the system, or −errno.
int ct_await_realtime(void);
/// Whether a thread has become ordinary at that limit since the last call.
bool ct_was_at_limit(void);
/// The calling thread's SCHED_FIFO or SCHED_RR priority; 0: ordinary scheduling.
int ct_realtime_priority(void);
/// Names the calling thread (at most 15 characters), as debuggers and `top -H` show it.
void ct_name_thread(const char *_Nonnull name);
/// Blocks all signals in the calling thread, so that they go to the main thread.
void ct_block_signals(void);
/// Locks the process' memory as it is touched (MCL_ONFAULT). Returns 0 or errno.
int ct_lock_memory(void);

/// A counting semaphore. `ct_semaphore_post` may be called from a device's callback: it takes no lock and never waits.
typedef struct ct_semaphore ct_semaphore;
ct_semaphore *_Nullable ct_semaphore_make(void);
void ct_semaphore_destroy(ct_semaphore *_Nonnull semaphore);
void ct_semaphore_post(ct_semaphore *_Nonnull semaphore);
/// Waits at most `nanoseconds`; whether it was posted.
bool ct_semaphore_wait(ct_semaphore *_Nonnull semaphore, uint64_t nanoseconds);

#endif
