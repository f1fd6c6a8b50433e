// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/sip_body.hh"

#include <zlib.h>

#include <algorithm>

#include "base/limits.hh"
#include "wire/text.hh"

namespace writ::wire {
namespace {

bool inflate_with(std::string_view in, int window_bits, std::string& out) {
  z_stream z{};
  if (inflateInit2(&z, window_bits) != Z_OK) return false;
  // zlib takes its input without const and does not write to it.
  z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  out.clear();
  int state = Z_OK;
  while (state == Z_OK && out.size() < body_bytes_max) {  // room as it is needed: most bodies are small
    const std::size_t had = out.size();
    out.resize(std::clamp<std::size_t>(had * 2, 2048, body_bytes_max));
    z.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    z.avail_out = static_cast<uInt>(out.size() - had);
    state = inflate(&z, Z_NO_FLUSH);
    out.resize(out.size() - z.avail_out);
  }
  inflateEnd(&z);
  return state == Z_STREAM_END;
}

constexpr int gzip_or_zlib = 15 + 32, bare_deflate = -15;

// "deflate" is the zlib format (RFC 9110 8.4.1.2); half the world sends it bare.
bool inflate_any(std::string_view in, std::string& out) {
  if (in.size() > limits::packet_bytes_max) return false;
  std::string best;
  if (inflate_with(in, gzip_or_zlib, best)) {
    out = std::move(best);
    return true;
  }
  const bool whole = inflate_with(in, bare_deflate, out);
  if (!whole && best.size() > out.size()) out = std::move(best);
  return whole;
}

bool from_base64(std::string_view in, std::string& out) {
  std::uint32_t bits = 0;
  int have = 0;
  std::string r;
  for (const char c : in) {
    if (c == '=') break;
    if (is_space(c)) continue;
    const int v = base64_value(c);
    if (v < 0) return false;
    bits = (bits << 6 | static_cast<std::uint32_t>(v)) & 0xffffff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    r.push_back(static_cast<char>(bits >> have & 0xff));
  }
  out = std::move(r);
  return true;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void from_quoted_printable(std::string_view in, std::string& out) {
  std::string r;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '=') {
      r.push_back(in[i]);
      continue;
    }
    const std::size_t end = in.find('\n', i);
    if (end != in.npos && trim(in.substr(i + 1, end - i - 1)).empty()) {  // a soft line end
      i = end;
      continue;
    }
    const int high = i + 2 < in.size() ? hex_value(in[i + 1]) : -1,
              low = high < 0 ? -1 : hex_value(in[i + 2]);
    r.push_back(low < 0 ? '=' : static_cast<char>(high * 16 + low));
    if (low >= 0) i += 2;
  }
  out = std::move(r);
}

// Takes a Content-Encoding off; at most two, the last named first.
bool take_off(std::string_view encodings, std::string_view& text, std::string& storage) {
  for (int n = 0; !trim(encodings).empty(); ++n) {
    const std::size_t comma = encodings.rfind(',');
    const std::string_view one = trim(encodings.substr(comma == encodings.npos ? 0 : comma + 1));
    encodings = comma == encodings.npos ? std::string_view{} : encodings.substr(0, comma);
    if (one.empty() || equal_ci(one, "identity")) continue;
    const bool known = equal_ci(one, "gzip") || equal_ci(one, "x-gzip") || equal_ci(one, "deflate");
    if (!known || n > 1) return false;
    std::string out;
    const bool whole = inflate_any(text, out);
    storage = std::move(out);
    text = storage;
    if (!whole) return false;
  }
  return true;
}

bool take_off_transfer(std::string_view transfer, std::string_view& text, std::string& storage) {
  std::string out;
  if (equal_ci(transfer, "base64")) {
    if (!from_base64(text, out)) return false;
  } else if (equal_ci(transfer, "quoted-printable")) {
    from_quoted_printable(text, out);
  } else {
    return transfer.empty() || equal_ci(transfer, "binary") || equal_ci(transfer, "8bit") ||
           equal_ci(transfer, "7bit");
  }
  storage = std::move(out);
  text = storage;
  return true;
}

// The value behind "name" and '=' or ':' at the start of a line.
std::string_view line_value(std::string_view text, std::string_view name, char sign) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    const std::size_t at = line.find(sign);
    if (at != line.npos && equal_ci(trim(line.substr(0, at)), name)) return trim(line.substr(at + 1));
  }
  return {};
}

// "5", "*", "10" (RFC 4733 numbers of '*' and '#', as some gateways write them), "flash".
char key_of(std::string_view value) {
  value = trim(value.substr(0, value.find_first_of("\r\n;,")));
  if (value.size() == 1) {
    const char c = value[0] >= 'a' && value[0] <= 'd' ? static_cast<char>(value[0] - 32) : value[0];
    return is_digit(c) || c == '*' || c == '#' || (c >= 'A' && c <= 'D') || c == '!' ? c : '\0';
  }
  static constexpr std::pair<std::string_view, char> words[] = {
      {"10", '*'}, {"11", '#'}, {"12", 'A'}, {"13", 'B'},    {"14", 'C'},
      {"15", 'D'}, {"16", '!'}, {"hf", '!'}, {"flash", '!'}, {"hookflash", '!'}};
  for (const auto& [word, key] : words)
    if (equal_ci(value, word)) return key;
  return '\0';
}

}  // namespace

DecodedBody message_part(const SipMessage& m, std::string_view wanted, std::string& storage) {
  if (m.body.empty()) return {};
  std::string_view whole = text_of(m.body);
  std::string unpacked;
  const std::string_view encoding = m.first(Header::content_encoding), type = m.first(Header::content_type);
  bool good = encoding.empty() || take_off(encoding, whole, unpacked);
  auto part = body_part(type, whole, wanted);
  if (!part) {
    // What cannot be unpacked may hold what is wanted.
    return {good || !starts_ci(type, "multipart/") ? BodyState::absent : BodyState::unreadable, {}};
  }
  std::string_view text = part->bytes;
  std::string plain;
  good = take_off_transfer(trim(part->transfer), text, plain) && good;
  good = take_off(part->encoding, text, plain) && good;
  if (text.empty()) return {good ? BodyState::read : BodyState::unreadable, {}};
  if (!plain.empty() && text.data() == plain.data()) {
    storage = std::move(plain);
    text = std::string_view(storage).substr(0, text.size());
  } else if (!unpacked.empty()) {
    const auto offset = static_cast<std::size_t>(text.data() - unpacked.data());
    storage = std::move(unpacked);
    text = std::string_view(storage).substr(offset, text.size());
  }
  return {good ? BodyState::read : BodyState::unreadable, text};
}

char info_signal(const SipMessage& m) {
  std::string storage;
  if (const DecodedBody b = message_part(m, "application/dtmf-relay", storage); b.state == BodyState::read) {
    const std::string_view value = line_value(b.text, "Signal", '=');
    return key_of(value.empty() ? line_value(b.text, "Signal", ':') : value);
  }
  if (const DecodedBody b = message_part(m, "application/dtmf", storage); b.state == BodyState::read) {
    const std::string_view value = line_value(b.text, "Signal", '=');
    return key_of(value.empty() ? trim(b.text) : value);
  }
  if (message_part(m, "application/hook-flash", storage).state == BodyState::read) return '!';
  return '\0';
}

int sipfrag_status(std::string_view text) {
  text = trim(text);
  if (!starts_ci(text, "SIP/2.0 ")) return 0;
  text.remove_prefix(8);
  std::uint64_t status = 0;
  return take_number(text, 699, status) && status >= 100 ? static_cast<int>(status) : 0;
}

std::optional<bool> messages_waiting(std::string_view text) {
  const std::string_view value = line_value(text, "Messages-Waiting", ':');
  if (equal_ci(value, "yes")) return true;
  if (equal_ci(value, "no")) return false;
  return std::nullopt;
}

}  // namespace writ::wire
