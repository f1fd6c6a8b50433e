// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/page_reader.hh"

#include <fmt/format.h>

#include "base/utf8.hh"
#include "scan/protocol.hh"
#include "worker/conversation.hh"

namespace writ::scan {
namespace {

const char* const rule = "what somebody sent is opened in a sandbox only, within fixed bounds (docs/scan.md)";
const char* const by_hand =
    "type the process file by hand (docs/process-file.md), or ask for the document again as a plain fax, "
    "TIFF or PDF";

// The lock forbids threads; OpenMP, by which Tesseract is built, asks for its limit when it is loaded.
const char* const one_thread = "OMP_THREAD_LIMIT=1";

tl::unexpected<Error> told(Error e) {
  if (e.rule.empty()) e.rule = rule;
  if (e.missing.empty()) e.missing = "a PDF or TIFF that can be read";
  if (e.next.empty()) e.next = by_hand;
  return tl::unexpected<Error>(std::move(e));
}

Result<Reading> converse(View document, const fs::path& program) {
  WRIT_TRY(talk, worker::Conversation::start(program, bounds.who, page_frame_bytes_max, one_thread));
  auto ready = talk.ask(worker::frame_open, {}, ready_s_max);
  if (!ready) return fail(Exit::unit, ready.error().what + ", before it was ready");
  if (ready->kind == worker::frame_refuse) return worker::refusal(ready->body);
  if (ready->kind != worker::frame_ready || ready->body.size() > word_bytes_max ||
      !is_utf8(text_of(ready->body)))
    return fail(Exit::unit, fmt::format("{} is not a page reader", program.string()));
  Reading r;
  r.reader = text_of(ready->body);
  const auto until = std::chrono::steady_clock::now() + document_s_max;
  auto answer = talk.ask(frame_document, document, page_s_max);
  for (; answer; answer = talk.next(page_s_max)) {
    if (answer->kind == worker::frame_refuse) return worker::refusal(answer->body);
    if (answer->kind == frame_end) {
      if (answer->body.size() != 4 || load_be32(answer->body.data()) != r.pages.size() || r.pages.empty())
        return talk.lost();
      return r;
    }
    if (answer->kind != frame_page || r.pages.size() >= pages_max) return talk.lost();
    WRIT_TRY(page, page_from_json(answer->body));
    r.pages.push_back(std::move(page));
    if (std::chrono::steady_clock::now() > until)
      return fail(Exit::partial, fmt::format("the page reader took more than {} s", document_s_max.count()));
  }
  Error lost = answer.error();
  lost.what += fmt::format(", at page {}", r.pages.size() + 1);
  return tl::unexpected<Error>(std::move(lost));
}

}  // namespace

Result<Reading> read_pages(View document, const fs::path& program) {
  if (document.empty()) return told({Exit::usage, "the document is empty", {}, {}, {}});
  if (document.size() > scan_bytes_max)
    return told({Exit::usage,
                 fmt::format("the document has {} bytes; at most {} are read by machine", document.size(),
                             scan_bytes_max),
                 {},
                 {},
                 {}});
  auto r = converse(document, program);
  if (!r) return told(std::move(r).error());
  return r;
}

fs::path default_reader() { return worker::beside("writ-page"); }

}  // namespace writ::scan
