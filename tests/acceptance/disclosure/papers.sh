# SPDX-License-Identifier: GPL-3.0-or-later
# Other papers: orders under 2703(d), of which one names a guest exactly, one nearly and one nobody; a warrant; a civil subpoena; one that
# lacks nearly everything; a summons that reaches a name and nothing else.
# answered NAME: verified by the clerk, validated, approved, collected, checked, delivered.
answered() {
  filed "$1"
  verified "$CLERK"
  validated
  approved
  collected
  checked
  delivered
  state_is delivered
}

# --- 2703(d): the exact name answers; nearly the name and nobody's name give the same bytes (S10, S16)
for who in "exact|Doe, James" "near|Doe, Jim" "nobody|Nowhere, Norman"; do
  demand "order-${who%|*}" court-order <<TOML
statute = "18 USC 2703(d)"
items = ["tenant-name", "tenant-service", "tenant-calls"]
$period
$(guest "${who#*|}")
TOML
  answered "order-${who%|*}"
  declare "ORDER_${who%|*}=$OUT/$MATTER"
done
proved "$ORDER_exact" "$(awk -F, -v a=$((began - $(days 20))) -v b=$((began - $(days 10))) '$2 == 214 && $1 >= a && $1 < b' "$WORK/truth.csv")"
grep -q '^1,tenant-name,"Doe, James"' "$ORDER_exact/tenants.csv" || fail "the guest by his exact name: $(cat "$ORDER_exact/tenants.csv")"
says "$ORDER_exact/letter.pdf" "S23" "18 USC 2703(c)(1)"
for file in collection.json tenants.csv calls.csv; do
  sed "s/$(basename "$ORDER_near")/M/" "$ORDER_near/$file" >"$WORK/near"
  sed "s/$(basename "$ORDER_nobody")/M/" "$ORDER_nobody/$file" >"$WORK/nobody"
  cmp "$WORK/near" "$WORK/nobody" || fail "$file tells a near match from none"
done
# Of the letter what differs is the number of the matter, the instrument and the digests that follow from them.
told() { paper "$1/letter.pdf" | sed -E "s/$(basename "$1")/M/g; s/EX-order-[a-z]+/EX/g; s/[0-9a-f]{64}/DIGEST/g"; }
told "$ORDER_near" >"$WORK/near"
told "$ORDER_nobody" >"$WORK/nobody"
cmp "$WORK/near" "$WORK/nobody" || fail "the letter tells a near match from none"
says "$ORDER_near/letter.pdf" "no responsive record"
silent "$ORDER_near/letter.pdf" Doe James Jim

# --- a warrant reaches what an order does not: the tenant's address; not the social security number
demand warrant search-warrant - <<TOML
items = ["subscriber-name", "tenant-name", "tenant-address", "tenant-number", "tenant-calls", "tenant-ssn"]
$period
$(subject extension 214 'property = "HH-1001"')
TOML
answered warrant
proved "$OUT/$MATTER" "$(awk -F, -v a=$((began - $(days 20))) -v b=$((began - $(days 2))) '$2 == 214 && $1 >= a && $1 < b' "$WORK/truth.csv")"
for line in '1,subscriber-name,Harbor House' '1,tenant-name,"Doe, James"' '1,tenant-name,"Roe, Ann"' '1,tenant-address,room 214'; do
  grep -qF "$line" "$OUT/$MATTER"/subscribers.csv "$OUT/$MATTER"/tenants.csv || fail "the warrant's tables lack $line: $(cat "$OUT/$MATTER"/tenants.csv)"
done
says "$OUT/$MATTER/letter.pdf" "Tenant social security number" S24

# --- a summons: the subscriber's name and nothing else, and that only where counsel says why its statute reaches it (S22)
demand summons judicial-summons <<TOML
statute = "Example Code 45-15-17"
items = ["subscriber-name", "subscriber-calls", "subscriber-payment"]
$period
$(subject number +14045550102)
TOML
filed summons
verified "$CLERK"
validated
refused 5 "S22" counsel-1 disclose approve "$MATTER"
approved --statute-reason "Example Code 45-15-17 gives the magistrate the power of an administrative subpoena"
collected
checked
delivered
proved "$OUT/$MATTER"
[ ! -e "$OUT/$MATTER/calls.csv" ] || fail "a summons gave call detail"
[ "$(wc -l <"$OUT/$MATTER/subscribers.csv")" = 2 ] || fail "a summons gave more than the name: $(cat "$OUT/$MATTER/subscribers.csv")"
says "$OUT/$MATTER/letter.pdf" "Subscriber call detail" S22

# --- a civil subpoena: counsel decides whether it binds (V39); a number of nobody's is refused (V4)
demand civil civil-subpoena <<TOML
items = ["subscriber-name"]
$period
$(subject number +14045550102)
[requester]
name = "Counsel for the plaintiff"
badge = "bar number 5512"
agency = "Example and Partners"
phone = "+14045550175"
return_address = "5 Court Square, Harborview, GA 30001"
private = true
TOML
filed civil 5
grep -q '^V39 ' "$WORK/err" || { writ request show "$MATTER" >"$WORK/err"; grep -q 'V39' "$WORK/err"; } || fail "V39 is not said of a civil subpoena"
verified "$CLERK"
refused 5 "V39" officer-1 request validate "$MATTER"
refused 5 "counsel" officer-1 request opine "$MATTER" --reasons "it looks binding"
did counsel-1 request opine "$MATTER" --reasons "issued by the court of this state, served on the registered agent"
validated
state_is validated
CIVIL=$MATTER
demand unserved trial-subpoena <<TOML
items = ["subscriber-name"]
$period
$(subject number +14045550199)
TOML
filed unserved
verified "$CLERK"
refused 5 "V4" officer-1 request validate "$MATTER"
did counsel-1 request reject "$MATTER"
letter=$(cat "$WORK/said")
says "$letter" V4 EX-unserved "porting"
silent "$letter" "Harbor House" "HH-1001"
state_is rejected

# --- one that lacks nearly everything goes back with the letter, and comes back better
printf '%s\n' 'instrument = "EX-bad"' 'issued = '"$(iso $((ACT_AT - 86400)))" 'wording = "any and all records, with CDRs and LUDs, of Harbor House"' 'items = ["subscriber-name"]' \
  '[requester]' 'name = "Case Officer"' 'agency = "Example County Sheriff"' 'phone = "+14045550170"' 'return_address = "1 Court Square, Harborview, GA 30001"' \
  '[[subjects]]' 'kind = "account-name"' 'value = "Harbor House"' | demand bad trial-subpoena -
filed bad 5
refused 5 "verify-identity" officer-1 request validate "$MATTER"
did intake-1 request return "$MATTER"
letter=$(cat "$WORK/said")
says "$letter" EX-bad V2 V5 V13 V14 V18 "any and all" "badge" "S38" "S41"
demand better trial-subpoena <<TOML
instrument = "EX-bad"
items = ["subscriber-name"]
$period
$(subject account HH-1001)
TOML
refused 5 "grand-jury|kind" intake-1 request correct "$MATTER" "$IN/gj.toml" --document "$IN/gj.pdf"
did intake-1 request correct "$MATTER" "$IN/better.toml" --document "$IN/better.pdf"
verified "$CLERK"
validated
state_is validated
did intake-1 request withdraw "$MATTER" --reason "the case was settled"
