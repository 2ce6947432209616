// Pauses autocast on the CPU for autocast.rs.

#include <ATen/autocast_mode.h>

extern "C" {

// Switches autocast on this thread on or off; returns whether it was on.
bool lnln_cpu_autocast(bool on) {
  auto before = at::autocast::is_autocast_enabled(at::kCPU);
  at::autocast::set_autocast_enabled(at::kCPU, on);
  return before;
}
}
