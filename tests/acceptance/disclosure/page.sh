# SPDX-License-Identifier: GPL-3.0-or-later
# A fax: the machine proposes, a person decides on each field, and what was decided is filed with the page.
page=tests/scan/samples/administrative-subpoena.tiff
writ --json request scan "$page" --out "$WORK/proposal.json" >"$WORK/said" 2>"$WORK/err" || fail "request scan"
jq -e '.schema == "writ.page-proposal/1" and (.proposals | length) > 20' "$WORK/said" >/dev/null || fail "the proposal: $(cat "$WORK/said")"
refused 5 "undecided|not decided|decide" intake-1 request confirm "$WORK/proposal.json" --out "$WORK/process.json"
[ ! -e "$WORK/process.json" ] || fail "a process file though nothing is decided"
doubtful=()
for field in $(jq -r '.proposals[] | select(.single and .field != "requester.email") | .field' "$WORK/proposal.json"); do doubtful+=(--accept "$field"); done
did intake-1 request confirm "$WORK/proposal.json" --accept-clear "${doubtful[@]}" --set delivery=fax --set requester.email=m.lindqvist@fbpr.example --out "$WORK/process.json"
# What the page says, by who drew it.
jq -r '.fields | to_entries[] | select(.key | IN("instrument", "issuer", "statute", "kind")) | .value' tests/scan/samples/administrative-subpoena.json | while IFS= read -r text; do
  grep -qF "\"$text\"" "$WORK/process.json" || fail "the process file lacks '$text': $(cat "$WORK/process.json")"
done || exit 1
writ_then --quiet request file "$WORK/process.json" --document "$page" --as "$(as intake-1)" >"$WORK/said" 2>"$WORK/err" </dev/null || fail "the page is not filed"
MATTER=$(cat "$WORK/said")
did officer-1 agency verify "$MATTER" --contact "$POSTAL" --spoke-with "the desk officer" --outcome confirmed --fax-confirmed
validated
state_is validated
did counsel-1 disclose preview "$MATTER"
grep -qE 'permit +subscriber-payment' "$WORK/said" || fail "the page's items: $(cat "$WORK/said")"
# One collection is left checked and not delivered: the proofs use it.
demand waiting trial-subpoena <<TOML
items = ["subscriber-name"]
$period
$(subject number +14045550102)
TOML
filed waiting
verified "$CLERK"
validated
approved
collected
checked
COLLECTED=$MATTER
