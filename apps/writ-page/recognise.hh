// SPDX-License-Identifier: GPL-3.0-or-later
// From a picture to words and ink: straightening, Tesseract, and a map of what is not print.
#pragma once
#include <memory>
#include <string>

#include "scan/page.hh"
#include "source.hh"

namespace tesseract {
class TessBaseAPI;
}

namespace writ::page {

class Recogniser {
 public:
  // Loads the nets; before the lock, since it opens files. Exit::unit when they are not there.
  static Result<Recogniser> open();
  Recogniser(Recogniser&&) noexcept;
  ~Recogniser();
  std::string name() const;  // "tesseract 5.3.0 (eng)"
  Result<scan::Page> read(Picture grey);

 private:
  explicit Recogniser(std::unique_ptr<tesseract::TessBaseAPI> api);
  std::unique_ptr<tesseract::TessBaseAPI> api_;
};

}  // namespace writ::page
