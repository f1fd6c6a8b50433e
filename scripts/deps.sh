#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the Debian 12 packages that are missing: `scripts/deps.sh run` for ./run, `test` for ./test, `long` for tests/long.
set -euo pipefail

build=(
  build-essential cmake ninja-build ccache mold pkg-config
  libsodium-dev libsqlite3-dev nlohmann-json3-dev libtomlplusplus-dev libcli11-dev libfmt-dev libexpected-dev
  libpcap-dev libseccomp-dev libavcodec-dev libavutil-dev libopus-dev libbcg729-dev libsrtp2-dev libsoxr-dev libsndfile1-dev libmp3lame-dev
  libcairo2-dev libpango1.0-dev libisofs-dev libphonenumber-dev libgtest-dev libgmock-dev libspandsp-dev
  libpq-dev libicu-dev libzstd-dev libboost-dev libhowardhinnant-date-dev libpugixml-dev tzdata
  libtesseract-dev libleptonica-dev libtiff-dev tesseract-ocr-eng libre2-dev
  libmupdf-dev libmujs-dev libgumbo-dev libopenjp2-7-dev libjbig2dec0-dev libjpeg-dev libharfbuzz-dev libfreetype-dev libssl-dev zlib1g-dev
  fonts-dejavu-core
)
# What ./run itself uses beside the product: shifts the bundled capture to now, dates the acts that precede it, draws the order.
run=(tshark faketime librsvg2-bin poppler-utils libtiff-tools python3 python3-numpy)
test=(
  clang-19 clang-format clang-tidy-19 libclang-rt-19-dev libbenchmark-dev
  sox libsox-fmt-mp3 ffmpeg xorriso genisoimage openssl qpdf poppler-utils tcpdump strace jq xxd python3 python3-numpy python3-prometheus-client procps
  python3-cairo fonts-liberation fonts-urw-base35 fonts-crosextra-carlito fonts-crosextra-caladea fonts-courier-prime  # tests/scan
  postgresql-15 sqlite3 curl zstd iproute2
)

long=(kamailio rtpengine-daemon baresip-core sip-tester ethtool xfsprogs)  # real calls in tests/long/interworking; power cuts on xfs

case "${1:-}" in
  run) wanted=("${build[@]}" "${run[@]}") ;;
  test) wanted=("${build[@]}" "${run[@]}" "${test[@]}") ;;
  long) wanted=("${build[@]}" "${run[@]}" "${test[@]}" "${long[@]}") ;;
  *) echo "usage: scripts/deps.sh run|test|long" >&2; exit 2 ;;
esac

missing=()
for p in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
((${#missing[@]})) || exit 0

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q >&2
"${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
