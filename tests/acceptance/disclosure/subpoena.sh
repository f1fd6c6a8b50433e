# SPDX-License-Identifier: GPL-3.0-or-later
# A subpoena from the file to the closed matter: five people's work, no two steps by a person who may not do both.
demand gj grand-jury-subpoena <<TOML
items = ["subscriber-name", "subscriber-address", "subscriber-calls", "subscriber-ssn", "other-non-content"]
records_from = $(iso $((began - $(days 31))))
records_until = $(iso $((began - $(days 5))))
$(subject number "(404) 555-0102")
TOML
filed gj
SUBPOENA=$MATTER PACKAGE=$OUT/$MATTER
filed gj
[ "$MATTER" = "$SUBPOENA" ] || fail "the same paper again is another matter: $MATTER"
refused 5 "verify-identity" officer-1 request validate "$MATTER"
refused 5 "court" officer-1 agency verify "$MATTER" --contact "$SHERIFF" --spoke-with "a deputy" --outcome confirmed
verified "$CLERK"
refused 5 "intake or officer" finance-1 request validate "$MATTER"
validated
refused 5 "counsel" officer-1 disclose approve "$MATTER"
refused 5 "validated" intake-1 disclose collect "$MATTER"
did counsel-1 disclose preview "$MATTER"
for item in subscriber-ssn other-non-content; do
  grep -qE "refuse +$item .*S21.*2703\(c\)\(2\)" "$WORK/said" || fail "preview does not refuse $item with its citation: $(cat "$WORK/said")"
done
approved
collected
refused 5 "two people" intake-1 disclose check "$MATTER"
refused 5 "collected" intake-1 disclose deliver "$MATTER" --out "$OUT"
checked
delivered
says "$PACKAGE/letter.pdf" "Matter $MATTER" EX-gj "Grand jury subpoena" "Subscriber social security number" "SSI plan (S20, S21); law: 18 USC 2703(c)(2)" "902(11)" \
  "$(sha256sum <"$PACKAGE/calls.csv" | cut -c1-64)"
proved "$PACKAGE" "$(awk -F, -v a=$((began - $(days 31))) -v b=$((began - $(days 5))) '$2 == "+14045550102" && $1 >= a && $1 < b' "$WORK/truth.csv")"
grep -qx '1,subscriber-name,Harbor House,.*' "$PACKAGE/subscribers.csv" || fail "no name in subscribers.csv"
if grep -qE 'tenant|Doe|Roe|,214,' "$PACKAGE"/*.csv "$PACKAGE/collection.json"; then fail "more than the scope of the subpoena"; fi

# What was looked up is in the log before the checks that looked: and the reads of the collection before their outcome.
writ_then --json audit show --matter "$MATTER" --as "$(as auditor-1)" >"$WORK/log.json" 2>"$WORK/err" || fail "audit show"
jq -r .entry.action "$WORK/log.json" | paste -sd' ' >"$WORK/actions"
grep -qE 'records.lookup request.validate .*request.approve records.scope .*request.collect records.read records.answer .*request.check-scope .*request.deliver disclosure.release' \
  "$WORK/actions" || fail "the log says $(cat "$WORK/actions")"

did intake-1 disclose acknowledge "$MATTER" --by "the clerk, by telephone"
refused 5 "counsel or officer" intake-1 request close "$MATTER"
did officer-1 request close "$MATTER"
state_is closed
