# SPDX-License-Identifier: GPL-3.0-or-later
# The carrier: people, directory of agencies, the hotels of the sandbox, guests, calls.
ACT_AT=$began
lawful_carrier || fail "carrier"

# contact KIND ORGANISATION NUMBER JURISDICTION: two people; ENTRY is its number. The proposer does not confirm.
contact() {
  did intake-1 agency add --kind "$1" --organisation "$2" --name "the desk that answers" --number "$3" --fax "$3" --jurisdiction "$4" \
    --source-kind government-directory --source "directory of agencies" --verified-on "$(date -u -d "@$ACT_AT" +%F)"
  ENTRY=$(cat "$WORK/said")
  refused 5 "own work|proposed" intake-1 agency confirm "$ENTRY" --looked-up "the same page again"
  did officer-1 agency confirm "$ENTRY" --looked-up "called the main line"
}
contact agency "Federal Bureau of Postal Revenue" "(404) 555-0183" US
POSTAL=$ENTRY

did intake-1 records import sandbox/subscribers.csv
long_ago=$(iso $((old - $(days 200))))
cat >"$IN/accounts.csv" <<CSV
account,name,class,zone,from,until
HB-1001,Harbor Bell Hotel,hospitality,America/New_York,$long_ago,
CSV
cat >"$IN/addresses.csv" <<CSV
account,building,street,city,state,zip,from,until
HB-1001,9,Bell Street,Harborview,GA,30001,$long_ago,
CSV
cat >"$IN/numbers.csv" <<CSV
account,number,extension,tenant,hosts,from,until
HB-1001,+14045550123,,,,$long_ago,
HB-1001,+14045550124,,,,$long_ago,
CSV
# Room 214: a guest two years ago, two in the month before the carrier's desk began.
cat >"$IN/stays.csv" <<CSV
account,reservation,room,name,kind,sharer,from,until
HH-1001,R-0,214,"Poe, Ada",guest,no,$(iso $((old - $(days 2)))),$(iso $((old + $(days 2))))
HH-1001,R-1,214,"Doe, James",guest,no,$(iso $((began - $(days 20)))),$(iso $((began - $(days 10))))
HH-1001,R-2,214,"Roe, Ann",guest,no,$(iso $((began - $(days 10)))),$(iso $((began - $(days 2))))
CSV
for table in accounts addresses numbers stays; do did intake-1 records import "$IN/$table.csv"; done

# calls FIRST STEP COUNT: lines of start, caller, called, seconds: the hotel's number, room 214, the front desk in turn.
calls() {
  awk -v t="$1" -v step="$2" -v n="$3" 'BEGIN {
    split("+14045550102 214 100", who, " ")
    for (i = 0; i < n; i++) printf "%d,%s,%s,%d\n", t + i * step, who[i % 3 + 1], "+1404555019" i % 3 + 5, 20 + i % 70
  }'
}
calls $((began - $(days 30))) 36000 72 >"$WORK/truth.csv"
calls $((old - 43200)) 1800 48 >"$WORK/old-truth.csv"
{ echo "Start,From,To,Seconds,Id" && awk -F, '{print $0 "," "c" NR}' "$WORK/truth.csv" "$WORK/old-truth.csv"; } >"$IN/calls.csv"
cat >"$IN/source.toml" <<'TOML'
schema = "writ.source/1"
name = "harbor-pbx"
account = "HH-1001"
format = "mapped-csv"
time_format = "unix"
[mapping]
start = "Start"
caller = "From"
called = "To"
duration = "Seconds"
call_id = "Id"
TOML
did technician-1 ingest cdr "$IN/calls.csv" --source "$IN/source.toml"
refused 5 "role" counsel-1 ingest cdr "$IN/calls.csv" --source "$IN/source.toml"
