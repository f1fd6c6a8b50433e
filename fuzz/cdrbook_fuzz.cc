// SPDX-License-Identifier: GPL-3.0-or-later
// Stored call records as a damaged or altered store gives them: the encoding (first byte 0), the columns and
// the packed rest (1), a proof from outside (2).
#include "fuzz/check.hh"
#include "records/cdr_row.hh"

namespace {

using namespace writ;
using namespace writ::records;

void encoding(View data) {
  const auto c = decode_cdr(data);
  if (!c) return;
  const Bytes again = encode(*c);
  fuzz::check(std::equal(again.begin(), again.end(), data.begin(), data.end()));
}

void columns(View data) {
  static const MonthKeys keys{crypto::Secret32{Bytes(32, 1)}};
  MonthTexts texts;
  texts.add({"A-1", "feed", "{}"});
  Reader in{data};
  CdrRow row;
  row.start_ms = static_cast<std::int64_t>(in.u64());
  row.account = in.u8();
  for (Code* c : {&row.caller, &row.called, &row.redirecting, &row.caller_extension, &row.called_extension})
    *c = static_cast<Code>(in.u64());
  row.body.assign(in.rest().begin(), in.rest().end());
  const auto c = unpack(row, texts);
  if (!c) return;
  const auto again = unpack(pack(*c, texts, keys, 0), texts);  // what was read can be kept
  fuzz::check(again && *again == *c);
}

void proof(View data) {
  const auto j = parse_json(data, "input");
  if (!j) return;
  const auto p = parse_cdr_proof(*j);
  if (!p) return;
  static_cast<void>(verify(*p));
  const auto again = parse_cdr_proof(to_json(*p));
  fuzz::check(again && again->row.cdr.call_id == p->row.cdr.call_id && again->path == p->path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const View rest{data + 1, size - 1};
  switch (data[0]) {
    case 0:
      encoding(rest);
      break;
    case 1:
      columns(rest);
      break;
    default:
      proof(rest);
      break;
  }
  return 0;
}
