// Denormal numbers cost a hundred cycles each; audio that fades into silence makes them by the thousand.
#include "CKernels.h"

#if defined(__x86_64__)
#include <xmmintrin.h>

uint32_t ck_flush_denormals(void) {
  const uint32_t saved = _mm_getcsr();
  _mm_setcsr(saved | 0x8040);  // FZ and DAZ
  return saved;
}

void ck_restore_denormals(uint32_t saved) { _mm_setcsr(saved); }

#elif defined(__aarch64__)

uint32_t ck_flush_denormals(void) {
  uint64_t saved;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
  __asm__ volatile("msr fpcr, %0" : : "r"(saved | (1u << 24)));  // FZ
  return (uint32_t)saved;
}

void ck_restore_denormals(uint32_t saved) { __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)saved)); }

#else

uint32_t ck_flush_denormals(void) { return 0; }
void ck_restore_denormals(uint32_t saved) { (void)saved; }

#endif
