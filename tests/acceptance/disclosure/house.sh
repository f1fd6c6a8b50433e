# SPDX-License-Identifier: GPL-3.0-or-later
# The carrier's own duties: what is due, the plan and its gaps, an incident with its letters, transparency.
writ_then --json due >"$WORK/due.json" 2>"$WORK/err" || fail "due"
jq -e '.schema == "writ.due/1" and (.due | length) > 0 and all(.due[]; (.arithmetic | contains(" = ")) and .citation != "")' "$WORK/due.json" >/dev/null ||
  fail "due: $(cat "$WORK/due.json")"
jq -e --arg m "$MATTER" 'any(.due[]; .matter == $m)' "$WORK/due.json" >/dev/null || fail "$MATTER awaits its acknowledgement, and is not due"

# --- the plan of 2010 lacks what the rules came to ask; the sandbox's lacks nothing, is approved by a second person and filed
writ plan lint policies/defero3-2010 >"$WORK/gaps" 2>"$WORK/err"
[ $? = 1 ] || fail "plan lint of 2010 does not end with 1"
for gap in appointed-officer job-function contact-24x7 interpretation certification-procedure certification-retention reporting; do
  grep -q "^$gap: " "$WORK/gaps" || fail "plan lint does not name $gap: $(cat "$WORK/gaps")"
done
[ "$(grep -c '^  rule: 47 CFR 1\.2000' "$WORK/gaps")" = 7 ] || fail "plan lint: not seven gaps: $(cat "$WORK/gaps")"
writ plan lint policies/sandbox >"$WORK/gaps" 2>"$WORK/err" || fail "the sandbox's plan has gaps"
did officer-1 plan draft --out "$WORK/plan"
plan=$(cut -d' ' -f1 "$WORK/said")
refused 5 "different person" officer-1 plan approve "$plan"
did counsel-1 plan approve "$plan"
did intake-1 plan file "$plan" --receipt "EX-FCC-1"
says "$WORK/plan/ssi-plan.pdf" "47 CFR" "legal authorization" "two years"
writ_then plan status >"$WORK/said" 2>"$WORK/err" || fail "plan status"
grep -q "filed: $plan" "$WORK/said" || fail "plan status: $(cat "$WORK/said")"

# --- an incident: each agency is told of its own matter alone
did technician-1 incident report --kind compromise --what "a disk of the desk was taken" --detected "$(iso $((ACT_AT - 3600)))"
incident=$(cut -d' ' -f1 "$WORK/said")
did technician-1 incident contain "$incident" --how "the disk is back, and was sealed"
# The page that came by fax is another agency's.
other=$(writ --json request list 2>/dev/null | jq -r '.cases[] | select(.kind == "administrative-subpoena") | .matter')
refused 5 "$other|agency" counsel-1 incident assess "$incident" --finding "read or not: unknown" --affected "$MATTER=its warrant, and $other" --affected "$other=its subpoena"
did counsel-1 incident assess "$incident" --finding "read or not: unknown" --affected "$MATTER=the warrant as it was served" --affected "$other=the subpoena as it was served"
did counsel-1 incident notify "$incident"
did officer-1 incident show "$incident" --out "$WORK/letters"
letters=("$WORK"/letters/*.pdf)
[ "${#letters[@]}" = 2 ] || fail "${#letters[@]} letters, not two"
for letter in "${letters[@]}"; do
  if [[ $(paper "$letter") == *"Postal Revenue"* ]]; then
    says "$letter" "$other"
    silent "$letter" "$MATTER" "Sheriff" "a disk"
  else
    says "$letter" "$MATTER" "Example County Sheriff"
    silent "$letter" "$other" "Postal" "a disk"
  fi
done
refused 5 "different person" counsel-1 incident close "$incident" --reason "told"
did officer-1 incident close "$incident" --reason "everybody was told"

# --- transparency: counts that the cases themselves give, in one year or, when a new one came in between, in two
: >"$WORK/counts"
for t in "$began" "$ACT_AT"; do TZ=America/New_York date -d "@$t" +%Y; done | sort -u >"$WORK/years"
for year in $(cat "$WORK/years"); do
  writ_then --json plan transparency --year "$year" --pdf "$WORK/transparency.pdf" >>"$WORK/counts" 2>"$WORK/err" || fail "transparency $year"
done
jq -se 'all(.schema == "writ.transparency/1") and ([.[].requests[]] | group_by(.kind)
    | map({key: .[0].kind, value: [(map(.outcomes.answered // 0) | add), (map(.total) | add)]}) | from_entries)
    == {"administrative-subpoena": [0, 1], "backup-preservation": [1, 1], "civil-subpoena": [0, 1], "court-order": [3, 4], "emergency-disclosure": [1, 1],
        "grand-jury-subpoena": [2, 2], "judicial-summons": [1, 1], "preservation": [0, 2], "search-warrant": [2, 2], "trial-subpoena": [0, 3]}' \
  "$WORK/counts" >/dev/null || fail "transparency: $(cat "$WORK/counts")"
says "$WORK/transparency.pdf" "$year" "Search warrant" "Kind of process" "0 1 4 3"
