#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/build.sh PRESET [TARGET...]: configures build/PRESET when needed and builds.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2
exec ninja -C "build/$preset" "$@" >&2
