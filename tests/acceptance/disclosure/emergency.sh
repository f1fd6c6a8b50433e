# SPDX-License-Identifier: GPL-3.0-or-later
# An emergency: called back by the directory, assessed, approved by a second person, the minimum released, and process asked for after.
agency_letter danger emergency-disclosure <<TOML
items = ["tenant-name", "tenant-number", "subscriber-payment"]
expressly = ["tenant-name", "tenant-number"]
nature = "the name of the guest and the extension of the room"
circumstances = "a caller from the hotel said that he has taken a lethal dose; the call broke off before he named the room"
danger_to_person = true
records_from = $(iso $((began - $(days 8))))
records_until = $(iso $((began - $(days 4))))
$(subject extension 214 'property = "HH-1001"')
TOML
danger=(--danger "a lethal dose, minutes ago" --person "the caller" --urgency "an order takes days" --item tenant-name,tenant-number)
did intake-1 emergency file "$IN/danger.toml" --document "$IN/danger.pdf"
MATTER=$(cat "$WORK/said")
DANGER=$MATTER
refused 5 "call-back" intake-1 emergency assess "$MATTER" "${danger[@]}"
refused 5 "court|Sheriff" intake-1 emergency call-back "$MATTER" --contact "$CLERK" --spoke-with "a clerk" --outcome confirmed
did intake-1 emergency call-back "$MATTER" --contact "$SHERIFF" --spoke-with "watch commander" --outcome confirmed
did intake-1 emergency assess "$MATTER" "${danger[@]}"
refused 5 "counsel|officer" intake-1 emergency approve "$MATTER"
refused 5 "15 minutes|try-approver" officer-1 emergency approve-alone "$MATTER"
did officer-1 emergency approve "$MATTER"
did intake-1 emergency release "$MATTER" --by telephone --out "$OUT"
proved "$OUT/$MATTER"
grep -q '^1,tenant-name,"Roe, Ann"' "$OUT/$MATTER/tenants.csv" || fail "the guest of that room at that time is not released: $(cat "$OUT/$MATTER/tenants.csv")"
if grep -qE 'Doe, James|payment|Harbor House' "$OUT/$MATTER"/*.csv "$OUT/$MATTER/collection.json"; then fail "more than the minimum"; fi
says "$OUT/$MATTER/letter.pdf" "$MATTER" "2702(c)(4)"
did intake-1 emergency ask-process "$MATTER"
says "$(ls "$DATA/case-files/$MATTER"/ask-process-*.pdf)" "$MATTER"
demand afterwards court-order <<TOML
of_matter = "$DANGER"
items = ["tenant-name", "tenant-number"]
records_from = $(iso $((began - $(days 8))))
records_until = $(iso $((began - $(days 4))))
$(subject extension 214 'property = "HH-1001"')
TOML
filed afterwards
verified "$CLERK"
validated
approved
refused 5 "officer" intake-1 emergency reconcile "$DANGER" --process "$MATTER"
did counsel-1 emergency reconcile "$DANGER" --process "$MATTER"
