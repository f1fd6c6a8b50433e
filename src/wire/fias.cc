// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/fias.hh"

#include <algorithm>
#include <chrono>
#include <utility>

#include "wire/text.hh"

namespace writ::wire {
namespace {

constexpr std::uint8_t stx = 0x02, etx = 0x03;

// Line ends that some systems write between frames, and the handshake of a serial line.
constexpr bool is_silent(std::uint8_t b) {
  return b == 0 || b == '\r' || b == '\n' || b == 0x04 || b == 0x05 || b == 0x06 || b == 0x15;
}

std::optional<int> two_digits(std::string_view s, std::size_t at) {
  if (!is_digit(s[at]) || !is_digit(s[at + 1])) return {};
  return (s[at] - '0') * 10 + (s[at + 1] - '0');
}

bool has_control(std::string_view s) {
  for (const char c : s) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

}  // namespace

void FiasScanner::give(FiasPiece::What what, const Sink& sink) {
  const Bytes piece = std::exchange(held_, {});
  sink({what, piece});
}

void FiasScanner::feed(View bytes, const Sink& sink) {
  for (const std::uint8_t b : bytes) {
    if (b == stx) {
      // Two STX in a row are one: nothing was between them.
      if (!held_.empty())
        give(state_ == State::inside ? FiasPiece::What::half : FiasPiece::What::noise, sink);
      state_ = State::inside;
    } else if (state_ == State::outside) {
      if (!is_silent(b)) held_.push_back(b);
      if (held_.size() >= fias_frame_bytes_max) give(FiasPiece::What::noise, sink);
    } else if (b == etx) {
      if (state_ == State::inside) give(FiasPiece::What::frame, sink);
      state_ = State::outside;
    } else if (state_ == State::inside) {
      if (held_.size() == fias_frame_bytes_max) {
        give(FiasPiece::What::oversized, sink);
        state_ = State::skipping;
      } else {
        held_.push_back(b);
      }
    }
  }
  if (state_ == State::outside && !held_.empty()) give(FiasPiece::What::noise, sink);
}

void FiasScanner::end(const Sink& sink) {
  if (state_ == State::inside) give(FiasPiece::What::half, sink);
  held_.clear();
  state_ = State::outside;
}

std::string fias_oddity_text(std::uint32_t bits) {
  static constexpr std::pair<std::uint32_t, const char*> names[] = {
      {fias_no_type, "no record type"},
      {fias_no_separator, "no separator after the record type"},
      {fias_short_field, "field without a name"},
      {fias_unended, "last field not ended"},
      {fias_repeated_field, "repeated field"},
      {fias_too_many_fields, "too many fields"},
      {fias_control_character, "control character in a value"},
  };
  std::string out;
  for (const auto& [bit, name] : names) {
    if ((bits & bit) == 0) continue;
    if (!out.empty()) out += "; ";
    out += name;
  }
  return out;
}

bool FiasRecord::has(std::string_view id) const {
  for (const Field& f : fields) {
    if (f.id == id) return true;
  }
  return false;
}

std::string_view FiasRecord::first(std::string_view id) const {
  for (const Field& f : fields) {
    if (f.id == id) return trim(f.value);
  }
  return {};
}

FiasRecord parse_fias(std::string_view text) {
  FiasRecord r;
  text = trim(text);
  const std::size_t bar = text.find('|');
  // A record that forgot the separator: its type is still the first two letters.
  const std::size_t type_end = bar == 2 || bar < 2 ? bar : std::min<std::size_t>(2, text.size());
  r.type = text.substr(0, type_end);
  if (r.type.size() != 2 || !is_alpha(r.type[0]) || !is_alpha(r.type[1])) {
    r.oddities |= fias_no_type;
    r.type = {};  // it could be half of a character
  }
  if (bar != 2 && !(bar == std::string_view::npos && text.size() <= 2)) r.oddities |= fias_no_separator;
  std::string_view rest = text.substr(type_end);
  if (rest.starts_with('|')) rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::size_t stop = rest.find('|');
    const std::string_view one = rest.substr(0, stop);
    if (stop == std::string_view::npos) {
      r.oddities |= fias_unended;
      rest = {};
    } else {
      rest.remove_prefix(stop + 1);
    }
    if (one.size() < 2) {
      r.oddities |= fias_short_field;
    } else if (r.fields.size() == fias_fields_max) {
      r.oddities |= fias_too_many_fields;
    } else {
      const FiasRecord::Field f{one.substr(0, 2), one.substr(2)};
      if (r.has(f.id)) r.oddities |= fias_repeated_field;
      if (has_control(f.value)) r.oddities |= fias_control_character;
      r.fields.push_back(f);
    }
  }
  return r;
}

std::optional<FiasDate> parse_fias_date(std::string_view s) {
  if (s.size() != 6) return {};
  const auto y = two_digits(s, 0), m = two_digits(s, 2), d = two_digits(s, 4);
  if (!y || !m || !d) return {};
  const std::chrono::year_month_day day{std::chrono::year{2000 + *y},
                                        std::chrono::month{static_cast<unsigned>(*m)},
                                        std::chrono::day{static_cast<unsigned>(*d)}};
  if (!day.ok()) return {};
  return FiasDate{2000 + *y, *m, *d};
}

std::optional<FiasTime> parse_fias_time(std::string_view s) {
  if (s.size() != 6) return {};
  const auto h = two_digits(s, 0), m = two_digits(s, 2), sec = two_digits(s, 4);
  if (!h || !m || !sec || *h > 23 || *m > 59 || *sec > 59) return {};
  return FiasTime{*h, *m, *sec};
}

std::string_view to_string(FiasSaying s) {
  switch (s) {
    case FiasSaying::link_start:
      return "LS";
    case FiasSaying::link_description:
      return "LD";
    case FiasSaying::link_record:
      return "LR";
    case FiasSaying::link_alive:
      return "LA";
    case FiasSaying::link_end:
      return "LE";
    default:
      return "DR";
  }
}

Bytes encode_fias(FiasSaying s, std::string_view fields) {
  Bytes out{stx};
  put_bytes(out, view_of(to_string(s)));
  out.push_back('|');
  put_bytes(out, view_of(fields));
  out.push_back(etx);
  return out;
}

}  // namespace writ::wire
