# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced after scripts/lawful.sh by tests whose subject lies behind a carrier's set-up. That takes some forty argon2id, so it is done once,
# by lawful_carrier five weeks ago by the acts' clock, and copied: $WRIT_READY, which tests/acceptance/run gives, is where it lies. The first
# test that needs it makes it. Without $WRIT_READY each test makes its own.

# once LOCK DONE COMMAND...: unless DONE is there, the command runs, by one process at a time.
once() {
  local lock=$1 done=$2
  shift 2
  (
    exec 9>"$lock"
    flock 9
    [ -e "$done" ] || "$@" 9>&-
  )
}

# lawful_carrier, or its copy: of the same policy, and begun before ACT_AT.
ready_carrier() {
  local made=99999999999
  if [ -n "${WRIT_READY:-}" ] && [ "$POLICY" = "$lawful_root/policies/sandbox" ]; then
    once "$WRIT_READY.lock" "$WRIT_READY/made" ready_make || return
    made=$(cat "$WRIT_READY/made")
  fi
  if ((made > ACT_AT)); then
    lawful_carrier
    return
  fi
  DATA=$WORK/carrier SECRETS=$WORK/secrets PROBE=$WORK/probe GRANTS=$WORK/medium
  cp -a "$WRIT_READY"/{carrier,secrets,probe,medium,recovery} "$WORK/" || return
  . "$WRIT_READY/entries"
}

ready_make() {
  WORK=$WRIT_READY ACT_AT=$((EPOCHSECONDS - 86400 * 35))
  rm -rf "$WORK" && mkdir -p "$WORK" || return
  lawful_carrier >&2 || return
  printf 'CLERK=%q SHERIFF=%q\n' "$CLERK" "$SHERIFF" >"$WORK/entries"
  echo "$ACT_AT" >"$WORK/made"
}
