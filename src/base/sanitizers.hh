// SPDX-License-Identifier: GPL-3.0-or-later
// WRIT_ADDRESS_SANITIZER, WRIT_THREAD_SANITIZER: defined where this is compiled with them, as GCC says it and
// as clang does.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define WRIT_ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__)
#define WRIT_THREAD_SANITIZER 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(WRIT_ADDRESS_SANITIZER)
#define WRIT_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer) && !defined(WRIT_THREAD_SANITIZER)
#define WRIT_THREAD_SANITIZER 1
#endif
#endif
