#define _GNU_SOURCE
#include "CThreads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

int ct_make_realtime(int priority) {
  struct sched_param parameters = {.sched_priority = priority};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
}

int ct_make_ordinary(void) {
  struct sched_param parameters = {.sched_priority = 0};
  return pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters);
}

static atomic_bool was_at_limit;

// SIGXCPU goes to the thread that has run for too long, where that does not block it.
static void give_up(int signal) {
  (void)signal;
  int code = errno;
  struct sched_param parameters = {.sched_priority = 0};
  if (sched_setscheduler(0, SCHED_OTHER, &parameters) == 0) atomic_store(&was_at_limit, true);
  errno = code;
}

// What RealtimeKit allows (RTTimeUSecMax), in microseconds.
static const rlim_t longest_run = 200000;

int ct_await_realtime(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_RTTIME, &limit) != 0) return -errno;
  if (limit.rlim_max > longest_run) limit.rlim_max = longest_run;
  if (limit.rlim_cur > limit.rlim_max / 2) limit.rlim_cur = limit.rlim_max / 2;
  struct sigaction action = {.sa_handler = give_up, .sa_flags = SA_RESTART};
  sigset_t limits;
  sigemptyset(&limits);
  sigaddset(&limits, SIGXCPU);
  if (sigaction(SIGXCPU, &action, NULL) != 0 || setrlimit(RLIMIT_RTTIME, &limit) != 0) return -errno;
  pthread_sigmask(SIG_UNBLOCK, &limits, NULL);
  return (int)syscall(SYS_gettid);
}

bool ct_was_at_limit(void) { return atomic_exchange(&was_at_limit, false); }

int ct_realtime_priority(void) {
  // Not pthread_getschedparam: that takes a lock, and tells what it was told, not what is.
  struct sched_param parameters = {.sched_priority = 0};
  int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
  if ((policy != SCHED_FIFO && policy != SCHED_RR) || sched_getparam(0, &parameters) != 0) return 0;
  return parameters.sched_priority;
}

void ct_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void ct_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

// Without MCL_ONFAULT whole reserved address spaces would be locked: hundreds of megabytes where a host has OpenBLAS.
int ct_lock_memory(void) { return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 ? 0 : errno; }

struct ct_semaphore {
  sem_t semaphore;
};

ct_semaphore *ct_semaphore_make(void) {
  ct_semaphore *made = malloc(sizeof *made);
  if (made && sem_init(&made->semaphore, 0, 0) != 0) {
    free(made);
    return NULL;
  }
  return made;
}

void ct_semaphore_destroy(ct_semaphore *semaphore) {
  sem_destroy(&semaphore->semaphore);
  free(semaphore);
}

void ct_semaphore_post(ct_semaphore *semaphore) { sem_post(&semaphore->semaphore); }

bool ct_semaphore_wait(ct_semaphore *semaphore, uint64_t nanoseconds) {
  struct timespec deadline;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  const uint64_t until = (uint64_t)deadline.tv_nsec + nanoseconds;
  deadline.tv_sec += (time_t)(until / 1000000000u);
  deadline.tv_nsec = (long)(until % 1000000000u);
  int result;
  do {
    result = sem_clockwait(&semaphore->semaphore, CLOCK_MONOTONIC, &deadline);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}
