# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced after scripts/lawful.sh by the tests that walk cases through the public command line: one function a step, who does what is the
# caller's. A step that fails ends the test with what the program said.
#
# The caller sets WORK; IN holds papers that come in, OUT what leaves. Functions leave the number of what was filed in MATTER.

IN=$WORK/in OUT=$WORK/out
mkdir -p "$IN" "$OUT"
refusals=0

iso() { date -u -d "@$1" +%FT%TZ; }
days() { echo $((86400 * $1)); }
fail() {
  echo "FAIL: $*"
  tail -n 12 "$WORK/err" 2>/dev/null
  exit 1
}

# did USER command...: USER does it; standard output in $WORK/said.
did() {
  local user=$1
  shift
  writ_then --quiet "$@" --as "$(as "$user")" >"$WORK/said" 2>"$WORK/err" </dev/null || fail "$user: writ $*: exit $?"
}

# refused CODE WORDS USER command...: refused with exit CODE, in four lines that hold WORDS (a pattern), and nothing on standard output.
refused() {
  local code=$1 words=$2 user=$3 rc
  shift 3
  writ_then --quiet "$@" --as "$(as "$user")" >"$WORK/said" 2>"$WORK/err" </dev/null
  rc=$?
  [ $rc = "$code" ] || fail "$user: writ $*: exit $rc, not $code"
  [ ! -s "$WORK/said" ] || fail "$user: writ $*: refused, and gives something out"
  [ "$(grep -oE '^(error|rule|missing|next): .' "$WORK/err" | cut -d: -f1 | paste -sd' ')" = "error rule missing next" ] || fail "$user: writ $*: not four lines"
  grep -qE "$words" "$WORK/err" || fail "$user: writ $*: does not say '$words'"
  refusals=$((refusals + (code == 5 || code == 6)))
}

# demand NAME KIND [RETURN_DAYS|-] < TOML: a paper of yesterday's date at $IN/NAME.toml and .pdf.
demand() {
  local back=${3:-20}
  [ "$back" = - ] || back=$(iso $((ACT_AT + $(days "$back"))))
  tests/acceptance/make-demand "$2" "EX-$1" "$(iso $((ACT_AT - 86400)))" "$back" "$IN/$1" || fail "make-demand $1"
}
agency_letter() { # NAME KIND < TOML: without number, court or return date of its own
  { printf 'instrument = ""\ncourt = ""\nissuer = "Example County Sheriff"\n' && cat; } | demand "$1" "$2" -
}
subject() { # KIND VALUE [TOML lines]
  printf '\n[[subjects]]\nkind = "%s"\nvalue = "%s"\n' "$1" "$2"
  shift 2
  printf '%s\n' "$@"
}
guest() { # NAME: a guest of Harbor House by name (S15)
  subject tenant-name "$1" 'subscriber = "Harbor House"' \
    'address = {building = "12", street = "Pier Street", city = "Harborview", state = "GA", zip = "30001"}'
}

# filed NAME [CODE]: intake-1 files it; CODE 5 when it has deficiencies.
filed() {
  local rc
  writ_then --quiet request file "$IN/$1.toml" --document "$IN/$1.pdf" --as "$(as intake-1)" >"$WORK/said" 2>"$WORK/err" </dev/null
  rc=$?
  [ $rc = "${2:-0}" ] || fail "request file $1: exit $rc, not ${2:-0}"
  MATTER=$(cat "$WORK/said")
  [[ $MATTER =~ ^M-[0-9]{4}-[0-9]{4}$ ]] || fail "request file $1: '$MATTER' is no matter"
}

# verified CONTACT: called back by the directory, by the officer; validated: all checks, by the officer.
verified() { did officer-1 agency verify "$MATTER" --contact "$1" --spoke-with "the desk that answers" --outcome confirmed; }
validated() { did officer-1 request validate "$MATTER"; }
approved() { did counsel-1 disclose approve "$MATTER" "$@"; }
collected() { did intake-1 disclose collect "$MATTER" "$@"; }
checked() { did officer-1 disclose check "$MATTER" "$@"; }
# What lies in a preserved snapshot is opened by two custodians, to be collected and to be read once more.
preserved_answer() {
  collected --custodian "$(as custodian-1)" --custodian "$(as custodian-2)"
  refused 5 "custodian" officer-1 disclose check "$MATTER"
  checked --custodian "$(as custodian-1)" --custodian "$(as custodian-2)"
}
delivered() { did intake-1 disclose deliver "$MATTER" --out "$OUT"; }

state_is() { # STATE [MATTER]
  local is
  is=$(writ_then --json request show "${2:-$MATTER}" 2>"$WORK/err" | jq -r .state) || fail "request show"
  [ "$is" = "$1" ] || fail "${2:-$MATTER} is $is, not $1"
}

# A PDF that a stranger's program finds whole, as text with single spaces: in the order in which it was written, and line by line.
paper() {
  local text
  text=$WORK/papers/$(sha256sum <"$1" | cut -c1-64)
  if [ ! -s "$text" ]; then
    mkdir -p "$WORK/papers"
    qpdf --check "$1" >"$WORK/qpdf" 2>&1 || { cat "$WORK/qpdf" >&2; return 1; }
    { pdftotext -raw "$1" - && pdftotext -layout "$1" -; } | tr -s ' \n\f' ' ' >"$text"
  fi
  cat "$text"
}
says() { # FILE WORDS...: the paper holds each of these words
  local text w file=$1
  shift
  text=$(paper "$file") || fail "$file is no whole PDF"
  for w in "$@"; do [[ $text == *"$w"* ]] || fail "$file does not say '$w': ${text:0:2500}"; done
}
silent() { # FILE WORDS...: none of them
  local text w file=$1
  shift
  text=$(paper "$file") || fail "$file is no whole PDF"
  for w in "$@"; do [[ $text != *"$w"* ]] || fail "$file says '$w'"; done
}

# proved DIRECTORY [CALLS]: a delivery, by sha256sum, openssl and RFC 6962, and by the verifier that the agency has. CALLS: what calls.csv
# must hold, as lines of start, caller, called, seconds.
proved() {
  jq -r '.files[] | "\(.sha256)  \(.path)"' "$1/manifest.json" >"$WORK/sums" || fail "$1/manifest.json"
  (cd "$1" && sha256sum --quiet -c "$WORK/sums") || fail "$1: sha256sum -c"
  [ $# = 1 ] || printf '%s\n' "$2" >"$WORK/calls.want"
  tests/acceptance/check_delivery "$1" "$DATA/roots.json" ${2+--calls "$WORK/calls.want"} || fail "$1 is not proved"
  "$BIN/writ-verify" "$1" --roots "$DATA/roots.json" >"$WORK/verify" || fail "writ-verify $1: $(cat "$WORK/verify")"
}
