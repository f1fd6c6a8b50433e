# SPDX-License-Identifier: GPL-3.0-or-later
# The proofs of the whole: log and cases agree, every refusal is in the log, nobody who may not read it reads it. Then controls: one byte of an
# act, of a collection, of a manifest, of the log is another, and each is found where it is.
audit() { writ_then --quiet audit "$@" --as "$(as auditor-1)" >"$WORK/said" 2>"$WORK/err" </dev/null; }
writ_then audit verify >"$WORK/said" 2>"$WORK/err" || fail "audit verify"
audit cases || fail "audit cases: $(cat "$WORK/said")"
writ_then --json audit show --as "$(as auditor-1)" >"$WORK/log.json" 2>"$WORK/err" || fail "audit show"
[ "$(jq -r 'select(.entry.action == "refused") | .index' "$WORK/log.json" | wc -l)" = $refusals ] ||
  fail "$(jq -r 'select(.entry.action == "refused") | .index' "$WORK/log.json" | wc -l) refusals in the log, not $refusals"
refused 5 "auditor" counsel-1 audit show

# found CODE WORDS command...: the command ends with CODE and says WORDS.
found() {
  local code=$1 words=$2 rc
  shift 2
  "$@" >"$WORK/said" 2>"$WORK/err" </dev/null
  rc=$?
  [ $rc = "$code" ] || fail "altered, and $*: exit $rc, not $code: $(cat "$WORK/said")"
  grep -qE "$words" "$WORK/said" "$WORK/err" || fail "altered, and $* does not say '$words': $(cat "$WORK/said")"
}
# flip FILE TEXT: one bit of the first byte of TEXT, where it stands first.
flip() {
  python3 - "$@" <<'PY' || fail "flip $*"
import os, sys
b = bytearray(open(sys.argv[1], "rb").read())
b[b.index(sys.argv[2].encode())] ^= 1
os.chmod(sys.argv[1], 0o600)
open(sys.argv[1], "wb").write(b)
PY
}

# --- an act of a closed matter, as who owns the disk would edit it
cp -a "$DATA" "$WORK/kept"
python3 - "$DATA/store.db" "$CIVIL" <<'PY' || fail "edit the store"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
n = db.execute("UPDATE case_acts SET body = replace(body, 'EX-civil', 'EX-civiL') WHERE matter = ? AND seq = 1", (sys.argv[2],)).rowcount
db.commit()
sys.exit(n != 1)
PY
found 4 "$CIVIL act 1" writ_then audit cases --as "$(as auditor-1)"
found 4 "act 1 of $CIVIL" writ_then request show "$CIVIL"
# ... and an act taken away from the end of a chain
rm -rf "$DATA" && cp -a "$WORK/kept" "$DATA"
sqlite3 "$DATA/store.db" "DELETE FROM case_acts WHERE matter = '$SUBPOENA' AND seq = (SELECT max(seq) FROM case_acts WHERE matter = '$SUBPOENA')" || fail "sqlite3"
found 4 "$SUBPOENA" writ_then audit cases --as "$(as auditor-1)"

# --- a collection, between the check and the delivery
rm -rf "$DATA" && cp -a "$WORK/kept" "$DATA"
MATTER=$COLLECTED
flip "$(ls "$DATA/case-files/$MATTER"/collection-*.json)" "Harbor House"
found 4 "collection" writ_then disclose deliver "$MATTER" --out "$OUT" --as "$(as intake-1)"
[ ! -e "$OUT/$MATTER" ] || fail "an altered collection left the house"
rm -rf "$DATA" && cp -a "$WORK/kept" "$DATA"
delivered
proved "$OUT/$MATTER"

# --- what has left: the manifest, a table, a file too many
for change in "manifest.json:intake-1" "subscribers.csv:Harbor House" "manifest.sig:$(jq -r '.signatures[0].signature' "$OUT/$MATTER/manifest.sig")" "audit-proof.json:root"; do
  rm -rf "$WORK/altered" && cp -a "$OUT/$MATTER" "$WORK/altered"
  flip "$WORK/altered/${change%%:*}" "${change#*:}"
  found 4 "${change%%:*}" "$BIN/writ-verify" "$WORK/altered" --roots "$DATA/roots.json"
  if [ "${change%%:*}" != audit-proof.json ]; then
    tests/acceptance/check_delivery "$WORK/altered" "$DATA/roots.json" >/dev/null 2>&1 && fail "check_delivery does not find ${change%%:*} altered"
  fi
done
rm -rf "$WORK/altered" && cp -a "$OUT/$MATTER" "$WORK/altered" && echo 1 >"$WORK/altered/more.csv"
found 4 "more.csv" "$BIN/writ-verify" "$WORK/altered" --roots "$DATA/roots.json"

# --- the log itself
python3 - "$DATA/audit/log" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[len(b) // 2] ^= 1
open(sys.argv[1], "wb").write(b)
PY
found 4 "entry [0-9]+" writ audit verify
