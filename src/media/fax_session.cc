// SPDX-License-Identifier: GPL-3.0-or-later
// A sender says DCS, sends a training check (zeros), and is confirmed by the other side, which is not seen
// here. Then comes a page: without error correction one burst, closed by MPS, EOP or EOM; with it, blocks of
// up to 256 numbered frames, each block closed by PPS with the counters of page and block. What the receiver
// did not get comes again, with the same numbers, and is closed by PPS with the same counters: so frames are
// gathered until a PPS says where they belong, and a block is over when a PPS names another one.
#include "media/fax_session.hh"

#include <algorithm>
#include <utility>

namespace writ::media {
namespace {

// Facsimile control field, without the bit that says who called (T.30 clause 5.3.6).
enum : std::uint8_t {
  fcf_csi = 0x02,
  fcf_dcs = 0x41,
  fcf_tsi = 0x42,
  fcf_dcn = 0x5f,
  fcf_fcd = 0x60,
  fcf_rcp = 0x61,
  fcf_eom = 0x71,
  fcf_mps = 0x72,
  fcf_eor = 0x73,
  fcf_eop = 0x74,
  fcf_pri_eom = 0x79,
  fcf_pri_mps = 0x7a,
  fcf_pri_eop = 0x7c,
  fcf_pps = 0x7d,
};

constexpr std::size_t frame_bytes_max = 1024, page_bytes_max = 4u << 20, fax_pages_max = 1000;

std::uint8_t reversed(std::uint8_t b) {
  std::uint8_t out = 0;
  for (int i = 0; i < 8; ++i) out = static_cast<std::uint8_t>(out << 1 | (b >> i & 1));
  return out;
}

bool is_post_page(std::uint8_t fcf) {
  return fcf == fcf_eom || fcf == fcf_mps || fcf == fcf_eop || fcf == fcf_pri_eom || fcf == fcf_pri_mps ||
         fcf == fcf_pri_eop;
}

// T.30 clause 5.3.6.2.4: digits last first, each octet with its bits in reverse.
std::string station_of(View v) {
  std::string out;
  for (std::size_t i = v.size(); i-- > 0 && out.size() < 20;) {
    const auto c = static_cast<char>(reversed(v[i]));
    if ((c >= '0' && c <= '9') || c == '+' || (c == ' ' && !out.empty())) out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// The check of the training is 1.5 s of zeros; a page has an EOL, or ones, in its first bytes.
bool is_training_check(View v) {
  const auto zeros = std::count(v.begin(), v.end(), std::uint8_t{0});
  return static_cast<std::size_t>(zeros) * 20 >= v.size() * 19;
}

}  // namespace

FaxFormat read_dcs(View fif) {
  const auto bit = [&](std::size_t n) {
    --n;
    return n / 8 < fif.size() && (fif[n / 8] & 0x80u >> n % 8) != 0;
  };
  FaxFormat f;
  f.known = true;
  f.ecm = bit(27);
  f.coding = bit(31) ? FaxCoding::mmr : bit(16) ? FaxCoding::mr : FaxCoding::mh;
  if (bit(36) || bit(68) || bit(78) || bit(79)) f.coding = FaxCoding::other;  // T.43, JPEG, JBIG
  const int paper = bit(17) ? 1 : bit(18) ? 2 : 0;                            // A4 or letter, B4, A3
  static constexpr std::array<std::uint32_t, 3> r8{1728, 2048, 2432}, d300{2592, 3072, 3648},
      r16{3456, 4096, 4864};
  const auto at = static_cast<std::size_t>(paper);
  f.width = r8[at];
  if (bit(15)) f.y_dpi = 195.58F;
  if (bit(41)) f.y_dpi = 391.16F;
  if (bit(42)) f.width = d300[at], f.x_dpi = f.y_dpi = 300;
  if (bit(43)) f.width = r16[at], f.x_dpi = 407.96F, f.y_dpi = 391.16F;
  return f;
}

FaxPage& FaxSession::page() {
  if (!page_) {
    page_.emplace();
    page_->format = format_;
  }
  return *page_;
}

void FaxSession::packet(const wire::T38Packet& p) {
  if (!p.is_indicator) return data(p);
  // A new signal: whatever was on the line before is over.
  frame_.clear();
  frame_broken_ = false;
  end_burst();
}

void FaxSession::gap() {
  // A frame that begins after the gap is whole when it begins as frames do.
  if (!frame_.empty()) frame_broken_ = true;
  if (image_ && !burst_.empty()) ++burst_gaps_;
}

void FaxSession::data(const wire::T38Packet& p) {
  using wire::T38Field;
  image_ = p.code != 0;
  for (const auto& f : p.fields) switch (f.type) {
      case T38Field::hdlc_data:
        if (frame_.size() + f.data.size() > frame_bytes_max) frame_broken_ = true;
        if (!frame_broken_) put_bytes(frame_, f.data);
        break;
      case T38Field::hdlc_fcs_ok:
      case T38Field::hdlc_fcs_ok_sig_end:
        put_bytes(frame_, f.data.first(std::min(f.data.size(), frame_bytes_max)));
        end_frame(true, image_);
        break;
      case T38Field::hdlc_fcs_bad:
      case T38Field::hdlc_fcs_bad_sig_end:
      case T38Field::hdlc_sig_end:
        end_frame(false, image_);
        break;
      case T38Field::non_ecm_data:
        non_ecm(f.data);
        break;
      case T38Field::non_ecm_sig_end:
        non_ecm(f.data);
        end_burst();
        break;
      case T38Field::other:
        break;
    }
}

void FaxSession::end_frame(bool good, bool image) {
  const Bytes frame = std::exchange(frame_, {});
  const bool broken = std::exchange(frame_broken_, false);
  // Address 11111111, control 1100x000, control field (T.30 clauses 5.3.4 and 5.3.5).
  if (!good || broken || frame.size() < 3 || frame[0] != 0xff || (frame[1] & 0xf7) != 0xc0) return;
  image ? image_frame(frame) : command(frame);
}

void FaxSession::image_frame(View frame) {
  if (frame[2] != fcf_fcd || frame.size() < 5) return;
  // Frames of a page come after the confirmation of the training.
  after_dcs_ = false;
  fresh_.insert_or_assign(reversed(frame[3]), Bytes(frame.begin() + 4, frame.end()));
}

void FaxSession::command(View frame) {
  const std::uint8_t fcf = frame[2] & 0x7f;
  end_burst();
  if (fcf == fcf_dcs) {
    end_page(false);
    format_ = read_dcs(frame.subspan(3));
    after_dcs_ = true;
  } else if (fcf == fcf_tsi || fcf == fcf_csi) {
    if (const std::string s = station_of(frame.subspan(3)); !s.empty()) station_ = s;
  } else if (fcf == fcf_pps) {
    partial_page(frame);
  } else if (is_post_page(fcf)) {
    end_page(true);
  } else if (fcf == fcf_dcn) {
    end_page(false);
  }
}

void FaxSession::partial_page(View frame) {
  if (frame.size() < 7) return;
  const std::uint8_t end = frame[3] & 0x7f;
  const std::pair<std::uint8_t, std::uint8_t> at{reversed(frame[4]), reversed(frame[5])};
  if (block_at_ && *block_at_ != at) {
    close_block(block_frames_);
    if (block_end_ != 0 || block_at_->first != at.first) end_page(true);
  }
  block_at_ = at;
  block_frames_ = std::max<std::size_t>(block_frames_, reversed(frame[6]) + std::size_t{1});
  block_end_ = end;
  for (auto& [number, bytes] : fresh_) block_.insert_or_assign(number, std::move(bytes));
  fresh_.clear();
}

// The frames of a block in order behind what the page has so far.
void FaxSession::close_block(std::size_t frames) {
  if (block_.empty() && frames == 0) return;
  FaxPage& p = page();
  const std::size_t last = block_.empty() ? 0 : block_.rbegin()->first + std::size_t{1};
  p.missing_frames += static_cast<std::uint32_t>(std::max(frames, last) - block_.size());
  for (const auto& [number, bytes] : block_)
    if (p.data.size() + bytes.size() <= page_bytes_max) put_bytes(p.data, bytes);
  block_.clear();
  block_frames_ = 0;
  block_at_.reset();
}

void FaxSession::non_ecm(View v) {
  if (burst_.size() + v.size() <= page_bytes_max) put_bytes(burst_, v);
}

void FaxSession::end_burst() {
  const Bytes burst = std::exchange(burst_, {});
  const std::uint32_t gaps = std::exchange(burst_gaps_, 0u);
  if (burst.empty()) return;
  if (std::exchange(after_dcs_, false) && is_training_check(burst)) return;
  if (page_ && !page_->data.empty()) end_page(false);
  FaxPage& p = page();
  p.data = burst;
  p.gaps = gaps;
}

void FaxSession::end_page(bool confirmed) {
  if (block_at_ && block_end_ != 0) confirmed = true;
  close_block(block_frames_);
  block_end_ = 0;
  if (!page_) return;
  page_->confirmed_end = confirmed;
  if ((!page_->data.empty() || page_->missing_frames > 0) && pages_.size() < fax_pages_max)
    pages_.push_back(std::move(*page_));
  page_.reset();
}

std::vector<FaxPage> FaxSession::finish() {
  end_burst();
  // Frames that no PPS claimed any more: the call ended, or the capture.
  if (!fresh_.empty()) {
    if (block_at_) {
      close_block(block_frames_);
      if (block_end_ != 0) end_page(true);
    }
    block_ = std::exchange(fresh_, {});
    close_block(0);
  }
  end_page(false);
  return std::move(pages_);
}

}  // namespace writ::media
