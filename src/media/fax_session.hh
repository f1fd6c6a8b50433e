// SPDX-License-Identifier: GPL-3.0-or-later
// One direction of a T.38 call as T.30 (Group 3 fax) phases: commands in V.21 frames, and the image data of
// pages as they were sent, MH, MR or MMR, with or without error correction (T.30 annex A). Pixels are made
// elsewhere (fax_image.hh), in a locked-in process.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/udptl.hh"

namespace writ::media {

enum class FaxCoding : std::uint8_t { mh, mr, mmr, other };
struct FaxFormat {  // of T.30 table 2, from the sender's DCS
  FaxCoding coding = FaxCoding::mh;
  std::uint32_t width = 1728;             // pixels
  float x_dpi = 203.98F, y_dpi = 97.79F;  // pixels an inch
  bool ecm = false;
  bool known = false;  // false: no DCS was seen; the values are those of most machines
};
FaxFormat read_dcs(View information_field);

struct FaxPage {
  FaxFormat format;
  Bytes data;                        // most significant bit first, as sent
  std::uint32_t missing_frames = 0;  // of error correction; data has nothing in their place
  std::uint32_t gaps = 0;            // places where datagrams were lost for good
  bool confirmed_end = false;        // the sender's end of page was seen
};

class FaxSession {
 public:
  void packet(const wire::T38Packet& p);
  void gap();  // datagrams are missing here
  // Ends what is under way; the pages in order.
  std::vector<FaxPage> finish();
  const std::string& station() const { return station_; }  // the sender's own number (TSI or CSI), as it says

 private:
  void data(const wire::T38Packet& p);
  void end_frame(bool good, bool image);
  void command(View frame);
  void partial_page(View frame);
  void image_frame(View frame);
  void non_ecm(View v);
  void end_burst();
  void end_page(bool confirmed);
  void close_block(std::size_t frames);
  FaxPage& page();

  FaxFormat format_;
  std::string station_;
  std::vector<FaxPage> pages_;
  std::optional<FaxPage> page_;
  Bytes frame_;
  bool frame_broken_ = false, image_ = false;
  Bytes burst_;             // of image data without error correction
  bool after_dcs_ = false;  // what comes next may be the training check
  std::uint32_t burst_gaps_ = 0;
  using Block = std::map<std::uint8_t, Bytes>;  // error correction: frames by number
  Block fresh_;                                 // since the last PPS
  Block block_;
  std::size_t block_frames_ = 0;
  std::optional<std::pair<std::uint8_t, std::uint8_t>> block_at_;  // page and block counter of `block_`
  std::uint8_t block_end_ = 0;                                     // the post-page command within its PPS
};

}  // namespace writ::media
