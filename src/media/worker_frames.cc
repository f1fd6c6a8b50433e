// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/worker.hh"

namespace writ::media {

Bytes encode_open(const DecodeRequest& r) {
  Bytes out{job_codec};
  put_be32(out, r.clock_rate);
  out.push_back(r.channels);
  const std::string_view codec = std::string_view(r.codec).substr(0, 255);
  out.push_back(static_cast<std::uint8_t>(codec.size()));
  put_bytes(out, view_of(codec));
  put_bytes(out, view_of(std::string_view(r.fmtp).substr(0, 2048)));
  return out;
}

Result<DecodeRequest> decode_open(View body) {
  Reader in{body};
  DecodeRequest r;
  if (in.u8() != job_codec) return fail(Exit::usage, "the request to the codec worker is of another job");
  r.clock_rate = in.u32();
  r.channels = in.u8();
  r.codec = text_of(in.take(in.u8()));
  if (!in.ok()) return fail(Exit::usage, "the request to the codec worker is cut short");
  r.fmtp = text_of(in.rest());
  return r;
}

Bytes encode_open(const std::vector<wire::SdesKey>& keys) {
  Bytes out{job_srtp};
  for (const wire::SdesKey& k : keys) {
    out.push_back(static_cast<std::uint8_t>(k.suite));
    out.push_back(k.encrypted ? 1 : 0);
    out.push_back(static_cast<std::uint8_t>(k.master.size()));
    put_bytes(out, k.master);
    out.push_back(static_cast<std::uint8_t>(k.mki.size()));
    put_bytes(out, k.mki);
  }
  return out;
}

Result<std::vector<wire::SdesKey>> decode_open_srtp(View body) {
  Reader in{body};
  std::vector<wire::SdesKey> out;
  bool good = in.u8() == job_srtp;
  while (good && !in.empty()) {
    wire::SdesKey k;
    const std::uint8_t suite = in.u8();
    k.suite = static_cast<wire::SrtpSuite>(suite);
    k.encrypted = in.u8() == 1;
    const View master = in.take(in.u8());
    k.master.assign(master.begin(), master.end());
    const View mki = in.take(in.u8());
    k.mki.assign(mki.begin(), mki.end());
    good = in.ok() && suite < wire::srtp_suites && master.size() == wire::srtp_key_bytes(k.suite) &&
           mki.size() <= wire::srtp_mki_bytes_max;
    out.push_back(std::move(k));
  }
  if (!good) return fail(Exit::usage, "the keys for the SRTP worker are cut short");
  return out;
}

}  // namespace writ::media
