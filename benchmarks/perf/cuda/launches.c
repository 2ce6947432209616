// Counts the kernel launches, synchronizations and copies of a program that links libcudart dynamically, and the time
// in each call, and prints them when it ends. `compare` builds and preloads it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  unsigned x, y, z;
} dim3;

static _Atomic long launches, syncs, copies, launch_ns, sync_ns, copy_ns;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

// libtorch opens the runtime after the program starts, where the next definition in order may not be found.
static void* real(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found) return found;
  const char* libraries[] = {"libcudart.so.13", "libcudart.so.12"};
  for (int i = 0; i < 2; i++) {
    void* library = dlopen(libraries[i], RTLD_NOW | RTLD_NOLOAD);
    if (library && (found = dlsym(library, name))) return found;
  }
  fprintf(stderr, "no %s in the CUDA runtime\n", name);
  abort();
}

#define COUNTED(name, type, count, nanoseconds, parameters, arguments) \
  int name parameters {                                               \
    static int(*call) type;                                            \
    if (!call) call = (int(*) type)real(#name);                        \
    long start = now();                                                \
    int result = call arguments;                                       \
    nanoseconds += now() - start;                                      \
    count++;                                                           \
    return result;                                                     \
  }

COUNTED(cudaLaunchKernel, (const void*, dim3, dim3, void**, size_t, void*), launches, launch_ns,
        (const void* f, dim3 g, dim3 b, void** a, size_t s, void* stream), (f, g, b, a, s, stream))
COUNTED(cudaLaunchKernelExC, (const void*, const void*, void**), launches, launch_ns,
        (const void* c, const void* f, void** a), (c, f, a))
COUNTED(cudaStreamSynchronize, (void*), syncs, sync_ns, (void* stream), (stream))
COUNTED(cudaDeviceSynchronize, (void), syncs, sync_ns, (void), ())
COUNTED(cudaMemcpyAsync, (void*, const void*, size_t, int, void*), copies, copy_ns,
        (void* to, const void* from, size_t n, int kind, void* stream), (to, from, n, kind, stream))

__attribute__((destructor)) static void print(void) {
  fprintf(stderr, "COUNT launches %ld (%.3f s) syncs %ld (%.3f s) copies %ld (%.3f s)\n", launches, launch_ns / 1e9,
          syncs, sync_ns / 1e9, copies, copy_ns / 1e9);
}
