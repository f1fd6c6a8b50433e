// SPDX-License-Identifier: GPL-3.0-or-later
// Memory for very many small buffers that are made together, read together and freed together: the packets of
// a matter. They lie side by side in slabs of 2 MiB, for which the kernel is asked for huge pages. Millions
// of packets in pieces of their own cost a walk through the page tables, and an allocation, for each that is
// read.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace writ {

// Of any thread, and given back by any. A slab is freed with the last buffer in it.
void* slab_allocate(std::size_t bytes);
void slab_release(void* p, std::size_t bytes) noexcept;

template <class T>
struct SlabAllocator {
  using value_type = T;
  SlabAllocator() = default;
  template <class U>
  SlabAllocator(const SlabAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as the standard asks
  T* allocate(std::size_t n) { return static_cast<T*>(slab_allocate(n * sizeof(T))); }
  void deallocate(T* p, std::size_t n) noexcept { slab_release(p, n * sizeof(T)); }
  bool operator==(const SlabAllocator&) const = default;
};

using SlabBytes = std::vector<std::uint8_t, SlabAllocator<std::uint8_t>>;

}  // namespace writ
