// SPDX-License-Identifier: GPL-3.0-or-later
// Placeholder until the port: see sqlite.hh.
#pragma once
#include "store/sqlite.hh"
