// Carries errors of C++ over a C interface.

#pragma once

#include <cstring>
#include <exception>

namespace lnln {

// Runs body and returns null, or the message of what it threw, for the caller to free.
template <typename F>
char* guarded(F&& body) {
  try {
    body();
    return nullptr;
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}

}  // namespace lnln
