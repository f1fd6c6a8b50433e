# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/traces/make and tests/long/interworking: a switch and its stations as network namespaces, and baresip telephones in them.
# The caller sets tag (begins the namespaces' names), work (a directory), domain and proxy; pids and spaces are what finish_net ends.
pids=()
spaces=()
finish_net() {
  local p ns
  for p in "${pids[@]:-}"; do [ -z "$p" ] || kill -TERM "$p" 2>/dev/null || true; done
  sleep 0.5
  for ns in "${spaces[@]:-}"; do
    [ -n "$ns" ] || continue
    ip netns pids "$tag-$ns" 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
    ip netns del "$tag-$ns" 2>/dev/null || true
  done
}
switch() {  # the namespace that holds the bridge
  spaces+=(switch)
  ip netns add "$tag-switch"
  on switch sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  on switch ip link add br0 type bridge mcast_snooping 0
  on switch ip link set br0 up
}
space() {  # name address: a namespace with one interface on the switch; every address of the two ranges is on the link
  local name=$1 address=$2 last
  last=$(printf '%02x' "${address##*.}")
  spaces+=("$name")
  ip netns add "$tag-$name"
  on "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip link add "eth0" netns "$tag-$name" address "02:00:5e:10:00:$last" type veth peer name "p-$name" netns "$tag-switch"
  on "$name" ip link set lo up
  on "$name" ip link set eth0 up
  on "$name" ethtool -K eth0 tx off rx off gso off tso off gro off >/dev/null
  on "$name" ip address add "$address/32" dev eth0
  on "$name" ip route add 192.0.2.0/24 dev eth0 src "$address"
  on "$name" ip route add 198.51.100.0/24 dev eth0 src "$address"
  on switch ip link set "p-$name" master br0 up
}
on() { local ns=$1; shift; ip netns exec "$tag-$ns" "$@"; }
start() {  # log namespace command...: runs in the background, its pid is the last of pids
  local log=$1 ns=$2; shift 2
  ip netns exec "$tag-$ns" "$@" </dev/null >"$work/$log.log" 2>&1 &
  pids+=($!)
}
password() { echo "rooms-of-${1: -4}"; }

# phone NAMESPACE NUMBER ADDRESS DISPLAY CODEC SOURCE
phone() {
  local ns=$1 number=$2 address=$3 display=$4 codec=$5 source=$6 dir="$work/$1"
  rm -rf "$dir"; mkdir -p "$dir"
  cat >"$dir/config" <<CONFIG
poll_method epoll
sip_listen $address:5060
net_interface eth0
dns_server 127.0.0.1:53
call_local_timeout 60
call_max_calls ${CALLS:-2}
audio_path $dir
audio_player aufile,$dir/heard.wav
audio_source aufile,$source
audio_alert aufile,$dir/alert.wav
audio_buffer 20-160
rtp_ports 16400-16440
rtp_tos 184
rtcp_mux no
jitter_buffer_delay 2-10
opus_bitrate 64000
opus_application voip
module_path /usr/lib/baresip/modules
module aufile.so
module g711.so
module opus.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:4444
CONFIG
  echo "\"$display\" <sip:$number@$domain>;auth_user=$number;auth_pass=$(password "$number");outbound=\"sip:$proxy\";regint=60;answermode=${ANSWER:-manual};audio_codecs=$codec;ptime=20" >"$dir/accounts"
  : >"$dir/contacts"
  start "phone-$ns" "$ns" nice -n -5 baresip -f "$dir"
}
tell() {  # namespace command [params]: one netstring to ctrl_tcp
  local json="{\"command\":\"$2\",\"params\":\"${3:-}\"}"
  on "$1" bash -c 'exec 3<>/dev/tcp/127.0.0.1/4444; printf "%d:%s," "${#1}" "$1" >&3; timeout 0.2 cat <&3 || true' _ "$json" \
    >>"$work/tell-$1.log"
}
hang_up_phone() { tell "$1" quit; sleep 0.7; }
