# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/acceptance/carrier_test and tests/long/carrier, after scripts/lawful.sh: several orders on one capture, through every gate.

# The subscribers' records that make these numbers lawful targets. carrier_subscribers NUMBER...
carrier_subscribers() {
  local from
  from=$(date -u -d "@$((ACT_AT - 86400 * 30))" +%FT%TZ)
  {
    echo 'account,subscriber,street,city,state,zip,tenant,kind,value,hosts,from,until'
    printf "HB-1001,Harbor House,1 Harbor Way,Example City,GA,30301,,number,%s,,$from,\n" "$@"
  } > "$WORK/subscribers.csv"
  writ_then --quiet records import "$WORK/subscribers.csv" --as "$(as intake-1)"
}

# One order, authorised and armed; MATTER is its number. carrier_order NAME KIND TRUST_FROM TRUSTED_PEERS NUMBER...
carrier_order() {
  local name=$1 kind=$2 trust=$3 peers=$4 dir=$WORK/order-$1
  shift 4
  mkdir -p "$dir"
  "$lawful_root/tests/acceptance/make-order" "$kind" number "$trust" "$(date -u -d "@$ACT_AT" +%FT%TZ)" "$(date -u -d "@$((ACT_AT + 86400 * 29))" +%FT%TZ)" "$dir" "$@" || return
  sed -i "s/^instrument = .*/instrument = \"EX-$name\"/" "$dir/order.toml"
  [ -z "$peers" ] || sed -i "s/^trust_from = .*/&\ntrusted_peers = $peers/" "$dir/order.toml"
  lawful_authorise "$dir/order.toml" "$dir/order.pdf"
}
