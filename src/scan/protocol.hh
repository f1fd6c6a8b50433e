// SPDX-License-Identifier: GPL-3.0-or-later
// What writ (parent) and writ-page (worker) say to each other, and the bounds of what is read. A document
// beyond a bound is refused with the bound's name: a part of it is never taken for the whole.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "worker/frames.hh"
#include "worker/sandbox.hh"

namespace writ::scan {

// open: empty. ready: names and versions of what reads.
inline constexpr std::uint8_t frame_document = 'D';  // to worker: the file's bytes
inline constexpr std::uint8_t frame_page = 'P';      // to parent: one Page as canonical JSON, in order
inline constexpr std::uint8_t frame_end = 'Z';       // to parent: be32 pages; the worker ends

inline constexpr std::size_t scan_bytes_max = 64u << 20;  // a page of a fax has 50 KB, in colour some MB
inline constexpr std::uint32_t pages_max = 60;
inline constexpr std::int64_t source_pixels_max = 64'000'000;  // of one page, as it comes
inline constexpr int page_side_pixels_max = 6000;              // 20 inches at 300 dpi
inline constexpr std::size_t words_per_page_max = 20000;
inline constexpr std::size_t word_bytes_max = 400;
inline constexpr std::size_t page_frame_bytes_max = 4u << 20;
inline constexpr int pdf_objects_max = 200'000;

inline constexpr std::chrono::seconds ready_s_max{120};
inline constexpr std::chrono::seconds page_s_max{240};  // of real time; the processor time is bounded below
inline constexpr std::chrono::seconds document_s_max{900};

// The recogniser's nets take 100 MB, a page of 20 x 20 inches in grey 36 MB and some copies.
inline constexpr worker::Bounds bounds{"the page reader", 1024u << 20, 4ull << 30, 900};

}  // namespace writ::scan
