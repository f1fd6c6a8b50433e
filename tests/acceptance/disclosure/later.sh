# SPDX-License-Identifier: GPL-3.0-or-later
# Half a year later. The hotel has corrected its list of guests, retention has destroyed the calls; the warrant is served from the snapshot,
# which is then purged by two people. The subpoena's own copies go.
ACT_AT=$((now - 3600))
printf 'account,reservation,room,name,kind,sharer,from,until\nHH-1001,R-0,214,"Poe, Ada",guest,no,%s,%s\n' \
  "$(iso $((old - $(days 2))))" "$(iso $((old - $(days 2))))" >"$IN/corrected.csv"
did intake-1 records import "$IN/corrected.csv"
writ_then --json records purge --as "$(as officer-1)" --as "$(as counsel-1)" >"$WORK/destroyed.json" 2>"$WORK/err" || fail "records purge"
# All calls of those days but the ones of the number, which the preservation names by itself.
[ "$(jq '[.months[].rows] | add' "$WORK/destroyed.json")" = 32 ] && [ "$(jq '[.months[].held] | add' "$WORK/destroyed.json")" = 16 ] ||
  fail "retention: $(jq -c '[.months[] | {month, rows, held}]' "$WORK/destroyed.json")"
demand kept search-warrant - <<TOML
of_matter = "$KEPT"
items = ["tenant-name", "tenant-calls"]
records_from = $(iso $((old - $(days 1))))
records_until = $(iso $((old + $(days 1))))
$(guest "Poe, Ada")
TOML
filed kept
verified "$CLERK"
validated
approved
refused 5 "custodian|convert" intake-1 disclose collect "$MATTER"
did counsel-1 preserve convert "$KEPT" --to "$MATTER"
refused 5 "$MATTER" intake-1 preserve propose-purge "$KEPT"
preserved_answer
delivered
proved "$OUT/$MATTER" "$(awk -F, -v a=$((old - $(days 1))) -v b=$((old + $(days 1))) '$2 == 214 && $1 >= a && $1 < b' "$WORK/old-truth.csv")"
grep -q '^1,tenant-name,"Poe, Ada"' "$OUT/$MATTER/tenants.csv" || fail "the guest is not served from the snapshot: $(cat "$OUT/$MATTER/tenants.csv")"
says "$OUT/$MATTER/letter.pdf" "preserved" "$KEPT" "destroyed in the ordinary course"
did intake-1 preserve propose-purge "$KEPT"
refused 5 "officer" intake-1 preserve purge "$KEPT"
did counsel-1 preserve purge "$KEPT"
ls "$DATA/case-files/$KEPT"/snapshot* 2>/dev/null && fail "the snapshot is there after its purge"
certificate=$(ls "$DATA/case-files/$KEPT"/certificate-*.pdf)
says "$certificate" "Certificate of Destruction" "$KEPT" intake-1 counsel-1

# --- the carrier's own copies of the closed subpoena
did officer-1 copies due
grep -qE "^$SUBPOENA .*may go" "$WORK/said" || fail "copies due: $(cat "$WORK/said")"
did counsel-1 copies propose "$SUBPOENA"
copies=$(cut -d' ' -f1 "$WORK/said")
refused 5 "different person" counsel-1 copies destroy "$copies" --record "$WORK/copies.pdf"
did officer-1 copies destroy "$copies" --record "$WORK/copies.pdf"
says "$WORK/copies.pdf" "$SUBPOENA" counsel-1 officer-1
if ls "$DATA/case-files/$SUBPOENA"/collection* 2>/dev/null; then fail "the collection is there after its destruction"; fi
