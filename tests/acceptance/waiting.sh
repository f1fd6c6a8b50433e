# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests that wait for what other processes do. Needs fail().

# eventually SECONDS COMMAND...: true within that time, or three times as long on a machine that is busy
eventually() {
  local i
  for ((i = 0; i < $1 * 60; i++)); do
    "${@:2}" && return
    sleep 0.05
  done
  return 1
}
seen() { grep -q -- "$2" "$1" 2>/dev/null; } # FILE PATTERN
# until_seen FILE PATTERN SECONDS
until_seen() { eventually "$3" seen "$1" "$2" || fail "not within $3 s: $2 in $(basename "$1")"; }
