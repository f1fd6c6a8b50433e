// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/slab.hh"

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "base/sanitizers.hh"

namespace writ {

#ifdef WRIT_ADDRESS_SANITIZER  // which knows the ends of pieces only

void* slab_allocate(std::size_t bytes) { return ::operator new(bytes); }
void slab_release(void* p, std::size_t) noexcept { ::operator delete(p); }

#else

namespace {

constexpr std::size_t slab_bytes = 2u << 20, alignment = alignof(std::max_align_t), large = slab_bytes / 16;

// Lies at the beginning of its memory, which is aligned to its size: every buffer finds its slab.
struct Slab {
  std::atomic<std::size_t> holders;  // buffers, and the thread that fills it
};

void let_go(Slab* s) noexcept {
  if (s->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) std::free(s);
}

class Filling {
 public:
  Filling() = default;
  Filling(const Filling&) = delete;
  Filling& operator=(const Filling&) = delete;
  ~Filling() {
    if (slab_ != nullptr) let_go(slab_);
  }
  void* take(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (slab_ == nullptr || used_ + bytes > slab_bytes) begin();
    slab_->holders.fetch_add(1, std::memory_order_relaxed);
    void* p = reinterpret_cast<std::uint8_t*>(slab_) + used_;
    used_ += bytes;
    return p;
  }

 private:
  void begin() {
    void* memory = std::aligned_alloc(slab_bytes, slab_bytes);
    if (memory == nullptr) throw std::bad_alloc{};
    (void)::madvise(memory, slab_bytes, MADV_HUGEPAGE);  // or pages as they are
    if (slab_ != nullptr) let_go(slab_);
    slab_ = new (memory) Slab{1};
    used_ = (sizeof(Slab) + alignment - 1) / alignment * alignment;
  }
  Slab* slab_ = nullptr;
  std::size_t used_ = 0;
};

thread_local Filling filling;

}  // namespace

void* slab_allocate(std::size_t bytes) { return bytes > large ? ::operator new(bytes) : filling.take(bytes); }

void slab_release(void* p, std::size_t bytes) noexcept {
  if (bytes > large)
    ::operator delete(p);
  else
    let_go(reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(p) & ~(slab_bytes - 1)));
}

#endif

}  // namespace writ
