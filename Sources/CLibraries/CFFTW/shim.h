// FFTW in single precision. Without <complex.h>, fftwf_complex is float[2], which Swift sees as a pair.
#include <fftw3.h>
