// The resampler of speexdsp, as the system library builds it (floating point).
#include <speex/speex_resampler.h>
