# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by ./run and tests/acceptance/*: the whole lawful path with the public command line, one function a step.
# There is no shorter way: no function here skips a gate, and no option of the product sets a clock. An old capture is shifted to
# end now (editcap -t), and the acts that precede its first packet run under faketime, each some seconds after the one before.
#
# The caller sets WORK (a directory) and may set POLICY. Functions leave: DATA, SECRETS, PROBE, GRANTS, MATTER, SHIFT, SHIFTED.

lawful_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=${BIN:-$lawful_root/build/release/bin}
POLICY=${POLICY:-$lawful_root/policies/sandbox}

note() { [ -n "${QUIET:-}" ] || printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a command at the script's own time (ACT_AT, seconds since 1970), then lets two seconds pass, and as many as the command itself
# took: the clock of the next act never stands behind what this one wrote, however loaded the machine. The library is loaded without
# its wrapper: that one makes a semaphore named after its process id and fails where a killed run left one of the same number.
at_act() {
  local library from=$EPOCHSECONDS rc
  library=$(compgen -G '/usr/lib/*/faketime/libfaketime.so.1' | head -1)
  [ -n "$library" ] || die "libfaketime is not installed (scripts/deps.sh run)"
  TZ=UTC FAKETIME_DISABLE_SHM=1 FAKETIME="@$(date -u -d "@$ACT_AT" '+%Y-%m-%d %H:%M:%S')" LD_PRELOAD=$library "$@"
  rc=$?
  ACT_AT=$((ACT_AT + 2 + EPOCHSECONDS - from))
  return $rc
}

writ() { "$BIN/writ" --data "$DATA" "$@"; }
writ_then() { at_act "$BIN/writ" --data "$DATA" "$@"; }
as() { printf '%s=%s/%s' "$1" "$SECRETS" "$1"; }

# SHIFTED: CAPTURE moved in time so that its last packet lies just before now; SHIFT: by how many seconds; ACT_AT: fifteen
# minutes before its first packet.
lawful_shift() {
  local capture=$1 first last
  SHIFTED=$WORK/shifted.pcapng
  # capinfos and editcap report damaged files and still tell what they could read; what is missing the probe says.
  [ -x "$BIN/writ" ] || die "$BIN/writ is not built (scripts/build.sh release)"
  read -r first last < <(capinfos -T -r -S -a -e "$capture" 2>/dev/null | awk -F'\t' 'NR==1 || /\t/ {f=$(NF-1); l=$NF} END {print f, l}')
  case "$first" in '' | n/a) die "$capture: no packet times can be read (is it a capture file?)" ;; esac
  SHIFT=$(awk -v l="$last" -v now="$(date +%s)" 'BEGIN {printf "%d", now - int(l) - 2}')
  editcap -t "$SHIFT" "$capture" "$SHIFTED" 2>"$WORK/editcap.log" || note "editcap: $(tail -1 "$WORK/editcap.log")"
  [ -s "$SHIFTED" ] || die "$capture: editcap could not shift it"
  ACT_AT=$(awk -v f="$first" -v s="$SHIFT" 'BEGIN {printf "%d", int(f) + s - 900}')
  # An order covers a month at most: of a capture whose clock runs over more, the acts precede its last four weeks only.
  if [ "$ACT_AT" -lt $(($(date +%s) - 86400 * 28)) ]; then
    ACT_AT=$(($(date +%s) - 86400 * 28))
    note "the capture's clock runs over more than four weeks: what is older than $(date -u -d "@$ACT_AT" +%FT%TZ) lies before the order"
  fi
}

# A carrier with the plan's people; each has a passphrase of their own.
lawful_carrier() {
  DATA=$WORK/carrier SECRETS=$WORK/secrets PROBE=$WORK/probe GRANTS=$WORK/medium
  mkdir -p "$SECRETS" "$GRANTS"
  chmod 700 "$SECRETS"
  local u
  for u in root-1 root-2 intake-1 counsel-1 officer-1 technician-1 custodian-1 custodian-2 custodian-3 finance-1 auditor-1; do
    [ -s "$SECRETS/$u" ] || (umask 077; head -c 18 /dev/urandom | base64 > "$SECRETS/$u")
  done
  local roots=(--root "$(as root-1)" --root "$(as root-2)")
  writ_then --quiet init --policy "$POLICY" --recovery-out "$WORK/recovery" "${roots[@]}" || return
  for u in intake-1 counsel-1 officer-1 technician-1 custodian-1 custodian-2 custodian-3 finance-1 auditor-1; do
    writ_then --quiet user add "$u" --role "${u%-*}" --passphrase-file "$SECRETS/$u" "${roots[@]}" || return
  done
  at_act "$BIN/writ-probe" init --dir "$PROBE" --name mirror-1 --roots "$DATA/roots.json" >/dev/null || return
  writ_then --quiet probe enroll mirror-1 --request "$PROBE/request.json" --out "$PROBE/cert.json" "${roots[@]}" || return
  lawful_directory writ_then
}

# The carrier's own directory: the clerk of the court and a second contact of the agency that the sandbox's orders name. Two people
# for each entry. lawful_directory COMMAND: how a writ command is run.
lawful_directory() {
  local how=$1 kind organisation name number entry year
  year=$(date -u -d "@$ACT_AT" +%Y)
  CLERK=A-$year-0001 SHERIFF=A-$year-0002
  while IFS='|' read -r entry kind organisation name number; do
    "$how" --quiet agency add --kind "$kind" --organisation "$organisation" --name "$name" --number "$number" --jurisdiction GA \
      --source-kind government-directory --source "state directory of courts and agencies" \
      --verified-on "$(date -u -d "@$ACT_AT" +%F)" --as "$(as intake-1)" </dev/null >/dev/null || return
    "$how" --quiet agency confirm "$entry" --looked-up "called the main line" --as "$(as officer-1)" </dev/null >/dev/null || return
  done <<EOF
$CLERK|court-clerk|Superior Court of Example County|Clerk of the court|(404) 555-0181
$SHERIFF|agency|Example County Sheriff|Watch commander|(404) 555-0182
EOF
}

# An order is confirmed with the clerk of its court, and a second contact of the agency is told. lawful_confirm MATTER
lawful_confirm() {
  writ_then --quiet agency verify "$1" --contact "$CLERK" --spoke-with "deputy clerk" --outcome confirmed --as "$(as intake-1)" || return
  writ_then --quiet agency tell "$1" --contact "$SHERIFF" --spoke-with "watch commander" --as "$(as intake-1)"
}

# Three people, three signatures. lawful_authorise ORDER DOCUMENT
lawful_authorise() {
  writ_then --quiet request file "$1" --document "$2" --as "$(as intake-1)" > "$WORK/matter" || return  # no subshell: ACT_AT moves on
  MATTER=$(cat "$WORK/matter")
  note "filed and checked: $MATTER"
  lawful_confirm "$MATTER" || return
  note "confirmed with the clerk of the court; a second contact of the agency knows"
  writ_then --quiet request approve "$MATTER" --as "$(as counsel-1)" || return
  note "legal authorisation: counsel-1"
  writ_then --quiet intercept authorise "$MATTER" --as "$(as officer-1)" || return
  note "carrier authorisation: officer-1"
  writ_then --quiet intercept arm "$MATTER" --out "$GRANTS" --as "$(as technician-1)" || return
  note "armed: technician-1"
}

lawful_capture() { "$BIN/writ-probe" run --dir "$PROBE" --cert "$PROBE/cert.json" --grants "$GRANTS" --read "$SHIFTED"; }

# lawful_produce OUT: evidence in, certified, two custodians, released. Exit code of the production (8: partial).
lawful_produce() {
  writ --quiet intercept import "$MATTER" --probe-dir "$PROBE" --as "$(as technician-1)" || return
  writ --quiet intercept certify "$MATTER" --as "$(as officer-1)" || return
  writ produce make "$MATTER" --out "$1" --time-shift "$SHIFT" --as "$(as custodian-1)" --as "$(as custodian-2)"
}
