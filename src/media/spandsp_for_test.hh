// SPDX-License-Identifier: GPL-3.0-or-later
// spandsp, whose headers redefine names of the C library for everybody behind them.
#pragma once
#include <spandsp.h>
#include <tiffio.h>

#include <cmath>
#undef lrint
#undef lrintf
