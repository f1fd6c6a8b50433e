# SPDX-License-Identifier: GPL-3.0-or-later
# What is kept for later process: 18 USC 2703(f) with its extension, 18 USC 2704 with its notice. Half a year passes; what retention and a
# corrected guest list have taken from the records is in the snapshot, and a warrant gets from it what it reaches.
# --- 2703(f), for a guest of two years ago by his name and the number of the house
agency_letter keep preservation <<TOML
items = ["tenant-name", "tenant-calls", "subscriber-name"]
records_from = $(iso $((old - $(days 3))))
records_until = $(iso $((old + $(days 3))))
$(guest "Poe, Ada")
$(subject number +14045550102)
TOML
filed keep
KEPT=$MATTER
refused 5 "intake or officer" counsel-1 preserve snapshot "$KEPT"
did intake-1 preserve snapshot "$KEPT"
if grep -rqE 'Poe|4045550102' "$DATA/case-files/$KEPT"; then fail "the snapshot can be read"; fi
did intake-1 preserve confirm "$KEPT"
paper_of() { ls "$DATA/case-files/$1"/letter*.pdf; }
says "$(paper_of "$KEPT")" "preserved" "$KEPT" "2703(f)"
silent "$(paper_of "$KEPT")" Poe "4045550102" "Harbor House"
refused 5 "converted|purge|expired" intake-1 preserve propose-purge "$KEPT"
agency_letter future preservation <<TOML
items = ["tenant-calls"]
future_data = true
asks_release = true
$(subject extension 214 'property = "HH-1001"')
TOML
filed future 5
for check in V20 V22; do
  writ request show "$MATTER" | grep -qE "$check +reject" || fail "$check is not said of a request for records to come, and for release"
done
did intake-1 preserve reject "$MATTER" --reason "it asks for records to come, and for release"

# --- 2704: copied at once, confirmed, released no sooner than 14 days after the notice
agency_letter backup backup-preservation <<TOML
underlying_process = "EX-backed"
items = ["subscriber-name", "subscriber-calls"]
$period
$(subject number +14045550102)
TOML
filed backup
BACKUP=$MATTER
did intake-1 preserve snapshot "$BACKUP"
did intake-1 preserve confirm "$BACKUP"
did intake-1 preserve notice "$BACKUP" --at "$(iso "$ACT_AT")" --how "registered letter to the subscriber"
demand backed grand-jury-subpoena <<TOML
of_matter = "$BACKUP"
items = ["subscriber-name", "subscriber-calls"]
$period
$(subject number +14045550102)
TOML
filed backed
BACKED=$MATTER
verified "$CLERK"
validated
approved
refused 5 "14 days|early|sooner" counsel-1 preserve convert "$BACKUP" --to "$BACKED"

# --- 80 days later: one extension, in time
ACT_AT=$((began + $(days 80)))
did counsel-1 preserve challenge "$BACKUP" --reason "motion to vacate"
refused 5 "challenged" counsel-1 preserve convert "$BACKUP" --to "$BACKED"
did counsel-1 preserve resolve "$BACKUP" --ruling "the motion is denied"
did counsel-1 preserve convert "$BACKUP" --to "$BACKED"
MATTER=$BACKED
# Counsel's word was good for thirty days: it is given again, by the same person over what is there now.
refused 6 "disclose approve" intake-1 disclose collect "$BACKED"
approved
refused 5 "custodian" intake-1 disclose collect "$BACKED"
preserved_answer
delivered
proved "$OUT/$BACKED" "$(awk -F, -v a=$((began - $(days 25))) -v b=$((began - $(days 1))) '$2 == "+14045550102" && $1 >= a && $1 < b' "$WORK/truth.csv")"
did intake-1 preserve delivered "$BACKUP"
did counsel-1 preserve release "$BACKUP" --reason "delivered; the proceedings are over"
did officer-1 preserve propose-purge "$BACKUP"
refused 5 "different person" officer-1 preserve purge "$BACKUP"
did counsel-1 preserve purge "$BACKUP"
did intake-1 preserve extend "$KEPT" --request "letter EX-keep-2 of the agency"
refused 5 "extended" intake-1 preserve extend "$KEPT" --request "letter EX-keep-3 of the agency"
