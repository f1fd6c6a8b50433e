// SPDX-License-Identifier: GPL-3.0-or-later
// The page reader: one document on standard input, its pages as words on standard output
// (src/scan/protocol.hh). Not meant to be run by hand. Loads the recogniser, locks itself in, and only then
// takes the document.
#include <mupdf/fitz.h>
#include <unistd.h>

#include "base/io.hh"
#include "recognise.hh"
#include "scan/protocol.hh"
#include "source.hh"

namespace writ::page {
namespace {

bool say(int out, std::uint8_t kind, View body) {
  return write_all(out, worker::encode_frame(kind, body)).has_value();
}

int run(int in, int out) {
  Bytes body;
  if (!worker::read_frame(in, worker::frame_open, 0, body)) return static_cast<int>(Exit::usage);
  setMsgSeverity(L_SEVERITY_NONE);
  auto recogniser = Recogniser::open();
  if (!recogniser) return worker::refuse(out, recogniser.error());
  // What a sanitizer's runtime asks the kernel about a type it asks once: before the lock.
  static_cast<void>(canonical(Json::object()));
  if (const Status locked = worker::lock_in(in, out, scan::bounds); !locked)
    return worker::refuse(out, locked.error());
  if (!say(out, worker::frame_ready, view_of(recogniser->name() + ", mupdf " FZ_VERSION)))
    return static_cast<int>(Exit::failure);

  if (!worker::read_frame(in, scan::frame_document, scan::scan_bytes_max, body))
    return static_cast<int>(Exit::usage);
  auto source = open_source(body);
  if (!source) return worker::refuse(out, source.error());
  for (std::uint32_t i = 0; i < (*source)->pages(); ++i) {
    auto picture = (*source)->page(i);
    if (!picture) return worker::refuse(out, picture.error());
    auto page = recogniser->read(std::move(*picture));
    if (!page) return worker::refuse(out, page.error());
    if (!say(out, scan::frame_page, view_of(canonical(to_json(*page)))))
      return static_cast<int>(Exit::failure);
  }
  Bytes count;
  put_be32(count, (*source)->pages());
  return say(out, scan::frame_end, count) ? 0 : static_cast<int>(Exit::failure);
}

}  // namespace
}  // namespace writ::page

int main() {
  // Nothing that the parent left open is kept.
  if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) return static_cast<int>(writ::Exit::unit);
  // _exit: nothing is run at the end that the filter would kill.
  ::_exit(writ::page::run(STDIN_FILENO, STDOUT_FILENO));
}
