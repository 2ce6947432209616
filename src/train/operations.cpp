// Counts dispatched operations by name, for src/train/operations.rs. Nothing is registered until a
// count is asked for.

#include <ATen/record_function.h>

#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <string>

namespace {

struct Calls {
  size_t all = 0;
  // Not called by another operation.
  size_t outermost = 0;
};

std::mutex mutex;
std::map<std::string, Calls> calls;
at::CallbackHandle handle = at::INVALID_CALLBACK_HANDLE;
thread_local size_t depth = 0;

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& function) {
  std::lock_guard<std::mutex> lock(mutex);
  auto& found = calls[function.name()];
  ++found.all;
  if (depth == 0) ++found.outermost;
  ++depth;
  return nullptr;
}

void leave(const at::RecordFunction&, at::ObserverContext*) {
  if (depth > 0) --depth;
}

}  // namespace

extern "C" {

// Begins a count from nothing, of all threads: backward passes on a device have their own.
char* lnln_count_operations() {
  try {
    std::lock_guard<std::mutex> lock(mutex);
    if (handle != at::INVALID_CALLBACK_HANDLE) return strdup("operations are being counted");
    calls.clear();
    depth = 0;
    handle = at::addGlobalCallback(at::RecordFunctionCallback(enter, leave)
                                       .scopes({at::RecordScope::FUNCTION}));
    return nullptr;
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}

// Ends the count and gives a line per name for the caller to free: name, all calls, outermost ones, divided
// by tabs.
char* lnln_counted_operations() {
  if (handle != at::INVALID_CALLBACK_HANDLE) at::removeCallback(handle);
  handle = at::INVALID_CALLBACK_HANDLE;
  std::lock_guard<std::mutex> lock(mutex);
  std::string text;
  for (const auto& [name, found] : calls) {
    text += name + "\t" + std::to_string(found.all) + "\t" + std::to_string(found.outermost) + "\n";
  }
  calls.clear();
  return strdup(text.c_str());
}

}  // extern "C"
