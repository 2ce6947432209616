/* glibc 2.35 gave `hypot` and `hypotf` a new version, the only symbols of the program that are newer than
 * glibc 2.34 (RHEL 9). The linker's --wrap sends every call here, and from here to the versions of 2.2.5,
 * which compute the same: they differ in errno alone. */

#include <features.h>

#if defined(__x86_64__) && defined(__GLIBC__)
__asm__(".symver old_hypot,hypot@GLIBC_2.2.5");
__asm__(".symver old_hypotf,hypotf@GLIBC_2.2.5");
#else
#define old_hypot __real_hypot
#define old_hypotf __real_hypotf
#endif

double old_hypot(double, double);
float old_hypotf(float, float);

double __wrap_hypot(double x, double y) { return old_hypot(x, y); }
float __wrap_hypotf(float x, float y) { return old_hypotf(x, y); }
