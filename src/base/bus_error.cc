// SPDX-License-Identifier: GPL-3.0-or-later
// The handler makes no other system calls than mmap(2), or write(2) and the end: it works behind the probe's
// filters. It does not jump out of where it was raised: that would leave locks and half-made objects behind.
#include "base/bus_error.hh"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <mutex>
#include <string_view>

#include "base/result.hh"

namespace writ {
namespace {

std::mutex changing;
std::atomic<Mapping*> first_mapping{nullptr};  // none is ever freed, since a handler may be walking over it
std::size_t page_bytes = 0;

// Nothing may be allocated here.
void say(std::string_view text) {
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nobody listens
}

void say_number(std::size_t number) {
  char digits[24];
  char* at = std::end(digits);
  do *--at = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  say({at, static_cast<std::size_t>(std::end(digits) - at)});
}

[[noreturn]] void say_and_exit(const Mapping& m, std::size_t byte) {
  say("error: ");
  say(m.name);
  say(": byte ");
  say_number(byte);
  say(" cannot be read any more: the file was cut short while it was read, or its disk fails\n");
  ::_exit(static_cast<int>(Exit::failure));
}

// From that page to the end: what lies behind it is of no use any more.
bool put_zeros(Mapping& m, std::size_t byte) {
  const std::size_t from = byte / page_bytes * page_bytes;
  std::size_t before = m.gone.load();
  while (from < before && !m.gone.compare_exchange_weak(before, from)) {
  }
  return ::mmap(reinterpret_cast<void*>(m.begin + from), m.size - from, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

Mapping* mapping_of(std::uintptr_t address) {
  for (Mapping* m = first_mapping.load(std::memory_order_acquire); m != nullptr; m = m->next) {
    const std::uintptr_t begin = m->begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address - begin < m->size) return m;
  }
  return nullptr;
}

void on_bus_error(int signal, siginfo_t* info, void*) {
  const int error_before = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  Mapping* const m = info->si_code > 0 ? mapping_of(address) : nullptr;  // else somebody sent it
  if (m != nullptr && m->when == WhenGone::say_and_exit) say_and_exit(*m, address - m->begin);
  if (m == nullptr || !put_zeros(*m, address - m->begin)) {  // not ours: it ends the process as it would have
    ::signal(signal, SIG_DFL);
    if (info->si_code <= 0) ::raise(signal);
  }
  errno = error_before;
}

bool arm() {
  page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, nullptr) == 0;
}

}  // namespace

const Mapping& guard_mapping(View bytes, const std::string& name, WhenGone when) {
  const std::scoped_lock lock{changing};
  static const bool armed = arm();
  static_cast<void>(armed);
  Mapping* m = first_mapping.load();
  while (m != nullptr && m->begin != 0) m = m->next;
  const bool is_new = m == nullptr;
  if (is_new) m = new Mapping;
  m->size = bytes.size();
  m->when = when;
  m->name = name;
  m->gone = Mapping::all_there;
  m->begin.store(reinterpret_cast<std::uintptr_t>(bytes.data()), std::memory_order_release);
  if (is_new) {
    m->next = first_mapping.load();
    first_mapping.store(m, std::memory_order_release);
  }
  return *m;
}

void give_up_mapping(View bytes) {
  const std::scoped_lock lock{changing};
  if (Mapping* m = mapping_of(reinterpret_cast<std::uintptr_t>(bytes.data())); m != nullptr) m->begin = 0;
}

}  // namespace writ
