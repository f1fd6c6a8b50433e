# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests that cut a probe's work short (spool_crash_test, power_cut_test, disk_full_test): an authorised matter, probes
# copied from the one that was enrolled, a paced stream, and what is compared afterwards.
WORK=$(mktemp -d)
finish_world() { rm -rf "$WORK"; }
trap finish_world EXIT
QUIET=1
. scripts/lawful.sh
. tests/acceptance/ready.sh
fail() {
  echo "FAIL: $*"
  tail -n 5 "$WORK"/*err 2>/dev/null
  exit 1
}

# The carrier, its order, the grant on its medium; the undisturbed run and its production.
crash_world() {
  cc -O1 -Wall -Wextra -shared -fPIC -o "$WORK/cut_at.so" tests/acceptance/cut_at.c -ldl || fail "cut_at.c"
  lawful_shift sandbox/harbor.pcap
  ready_carrier || fail "carrier"
  writ_then --quiet records import sandbox/subscribers.csv --as "$(as intake-1)" || fail "records"
  sandbox/make-order --issued "$(date -u -d "@$ACT_AT" +%F)" --from "$(date -u -d "@$ACT_AT" +%FT%TZ)" --days 30 --out "$WORK/order" >/dev/null
  lawful_authorise "$WORK/order/order.toml" "$WORK/order/order.pdf" || fail "authorise"
  ENROLLED=$PROBE
  PROBE_RUN=("$BIN/writ-probe" run --cert "$ENROLLED/cert.json" --grants "$GRANTS")
  UNDISTURBED=$(fresh undisturbed)
  "${PROBE_RUN[@]}" --dir "$UNDISTURBED" --read "$SHIFTED" >"$WORK/out" 2>"$WORK/err" || fail "undisturbed"
  UNDISTURBED_RECORDS=$(records "$UNDISTURBED")
  ((UNDISTURBED_RECORDS > 1000)) || fail "the undisturbed run sealed $UNDISTURBED_RECORDS records"
  produce "$UNDISTURBED" "$WORK/production" || fail "the undisturbed production"
}

# fresh NAME [WHERE]: a probe of its own.
fresh() {
  local dir=${2:-$WORK/probes}/$1
  mkdir -p "$(dirname "$dir")" && cp -a "$ENROLLED" "$dir" && printf '%s\n' "$dir"
}
step() { if [ -n "${WRIT_LONG:-}" ]; then echo 1; else echo $((($1 + ${KILLS:-16} - 1) / ${KILLS:-16})); fi; }

# cut_short K HOW COMMAND...: the command, ended at its K-th call that changes its disk.
cut_short() {
  local k=$1 how=$2
  shift 2
  CUT_AT=$k CUT_HOW=$how LD_PRELOAD=$WORK/cut_at.so "$@"
}
count_calls() {
  head -c 8 /dev/zero >"$WORK/count"
  CUT_COUNT=$WORK/count LD_PRELOAD=$WORK/cut_at.so "${PROBE_RUN[@]}" --dir "$(fresh counted)" "$@" >/dev/null 2>"$WORK/err" || return
  od -An -t u8 "$WORK/count" | tr -d ' '
}
# The capture in about PACE (default 1.3) seconds, as a line would bring it.
pace() {
  /usr/bin/python3 -c 'import sys, time
data = open(sys.argv[1], "rb").read()
n = 40
for i in range(n):
    sys.stdout.buffer.write(data[len(data) * i // n:len(data) * (i + 1) // n])
    sys.stdout.buffer.flush()
    time.sleep(float(sys.argv[2]) / n)' "$1" "${PACE:-1.3}"
}
count_stream() { pace "$SHIFTED" | count_calls --read -; rm -rf "$WORK/probes/counted"; }

# What the probe told of itself, and what its spool holds, by its own reading of every whole frame.
acknowledged() { jq -r '.acknowledged // 0' "$1/status.json" 2>/dev/null || echo 0; }
records() {
  "$BIN/writ-probe" status --dir "$1" --json >"$WORK/status.json" 2>"$WORK/status.err"
  case $? in 0 | 8) jq '[.grants[] | .call_data.records, .content.records] | add // 0' "$WORK/status.json" ;; *) return 1 ;; esac
}

# Of the spool that was looked at last: a stream whose first segment was made has begun, also when it has no record yet.
segments() { jq '[.grants[] | .call_data.segments, .content.segments] | add // 0' "$WORK/status.json"; }

# produce PROBE-DIR OUT: through the office's own path, in a copy of the carrier.
produce() {
  local DATA=$WORK/office PROBE=$1
  rm -rf "$DATA" && cp -a "$WORK/carrier" "$DATA" || return
  lawful_produce "$2" >"$WORK/out" 2>"$WORK/produce.err"
}
facts() { jq -S 'del(.grants, .matter, .produced) | .calls |= map(del(.grant)) | walk(if type == "object" then del(.grant) else . end)' "$1/calls.json"; }

# same_production PROBE-DIR WHAT: calls, packets and recordings as without any disturbance, byte for byte. A production takes its time: with
# EQUAL_EVERY=n only each n-th is made, of the others the records are counted.
compared=0
due() { ((compared++ % ${EQUAL_EVERY:-1} == 0)); }
same_production() {
  due || { rm -rf "$1"; return; }
  local a=$WORK/production/$MATTER b=$WORK/again/$MATTER sound
  rm -rf "$WORK/again"
  produce "$1" "$WORK/again" || fail "$2: no production"
  "$BIN/writ-verify" "$b" --roots "$WORK/carrier/roots.json" >"$WORK/verify.err" 2>&1 || fail "$2: the production does not verify"
  diff <(facts "$a") <(facts "$b") >"$WORK/diff.err" || fail "$2: calls.json differs"
  cmp "$a/content.pcap" "$b/content.pcap" || fail "$2: content.pcap differs"
  [ "$(ls "$a/recordings")" = "$(ls "$b/recordings")" ] || fail "$2: other recordings"
  for sound in "$a"/recordings/*; do cmp "$sound" "$b/recordings/$(basename "$sound")" || fail "$2: $sound differs"; done
  rm -rf "$1"
}

# same_packets PROBE-DIR WHAT GAPS: of a stream that was run twice: no packet but those of the undisturbed run, each of them, by tshark;
# and calls.json names the gap.
packet_list() { tshark -n -r "$1/content.pcap" -T fields -e frame.time_epoch -e ip.src -e ip.dst -e ip.id -e udp.srcport -e rtp.seq -e frame.len 2>/dev/null | LC_ALL=C sort -u; }
same_packets() {
  due || { rm -rf "$1"; return; }
  local b=$WORK/again/$MATTER
  rm -rf "$WORK/again"
  produce "$1" "$WORK/again"
  [ -s "$b/content.pcap" ] || fail "$2: no production"
  packet_list "$b" >"$WORK/packets.again"
  [ -s "$WORK/packets" ] || packet_list "$WORK/production/$MATTER" >"$WORK/packets"
  cmp "$WORK/packets" "$WORK/packets.again" || fail "$2: the packets are not those of the undisturbed run"
  [ "$(jq '[.gaps[] | select(.why | startswith("the probe was not at work"))] | length' "$b/calls.json")" = "$3" ] || fail "$2: not $3 gap in calls.json: $(jq -c .gaps "$b/calls.json")"
  rm -rf "$1"
}
