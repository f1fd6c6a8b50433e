// SPDX-License-Identifier: GPL-3.0-or-later
// Every bound of the product in one place; units last in the name.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace writ::limits {

// Outside files
inline constexpr std::size_t order_file_bytes_max = 1 << 20;
inline constexpr std::size_t document_bytes_max = 256u << 20;
inline constexpr int json_depth_max = 32;

// Grants: caps by kind that the verifier enforces whatever a grant says.
inline constexpr std::chrono::days wiretap_days_max{30};      // 18 USC 2518(5)
inline constexpr std::chrono::days pen_trap_days_max{60};     // 18 USC 3123(c)
inline constexpr std::chrono::hours emergency_hours_max{48};  // 18 USC 2518(7), 3125(a)
inline constexpr std::size_t targets_per_grant_max = 64;
inline constexpr std::size_t trusted_inputs_per_grant_max = 32;
inline constexpr std::size_t input_name_bytes_max = 64;

// Spool
inline constexpr std::size_t frame_bytes_max = 64u << 10;
inline constexpr std::chrono::milliseconds group_commit_ms_max{100};
inline constexpr std::uint64_t segment_bytes_max = 256ull << 20;

// Capture
inline constexpr std::size_t packet_bytes_max = 262144;    // pcap's own MAXIMUM_SNAPLEN
inline constexpr std::size_t pending_dialogs_max = 65536;  // identity not yet accepted
inline constexpr std::size_t pending_bytes_per_dialog_max = 64u << 10;
inline constexpr std::size_t pending_bytes_max = 128u << 20;      // of all together
inline constexpr std::chrono::seconds pending_dialog_s_max{180};  // RFC 3261 timer C
inline constexpr std::chrono::seconds call_idle_s_max{300};       // no signalling, no media: ended, said so

// Vault
inline constexpr std::size_t custodians_min = 3;

}  // namespace writ::limits
