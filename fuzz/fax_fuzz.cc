// SPDX-License-Identifier: GPL-3.0-or-later
// A fax from its packets to its pixels, in this process. Input: IFP packets, each after a length byte; a
// length of 0 is a gap.
#include "fuzz/check.hh"
#include "media/fax_image.hh"

using namespace writ;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in{View{data, size}};
  media::FaxSession session;
  while (!in.empty()) {
    const View ifp = in.take(std::min<std::size_t>(in.u8(), in.rest().size()));
    if (const auto p = wire::parse_t38(ifp, 0))
      session.packet(*p);
    else
      session.gap();
  }
  for (const media::FaxPage& p : session.finish()) {
    fuzz::check(p.data.size() <= media::fax_data_max && p.format.width <= media::fax_width_max);
    const media::FaxImage image = media::decode_fax(p.format.coding, p.format.width, p.data);
    fuzz::check(image.rows <= media::fax_rows_max && image.bad_rows <= image.rows &&
                image.pixels.size() == std::size_t{image.rows} * ((p.format.width + 7) / 8));
  }
  return 0;
}
