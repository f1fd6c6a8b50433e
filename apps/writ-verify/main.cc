// SPDX-License-Identifier: GPL-3.0-or-later
// writ-verify: proves or refutes a production, or a delivery of records. Needs no data directory and no
// network.
#include <cstdio>
#include <string>
#include <string_view>

#include "base/json.hh"
#include "produce/package.hh"

namespace {

constexpr const char* usage =
    "usage: writ-verify PACKAGE [--roots FILE] [--json]\n"
    "  PACKAGE       a production or a delivery of records: directory or ISO-9660 image\n"
    "  --roots FILE  trust roots (roots.json) that you keep from an independent source\n"
    "  --json        findings as JSON on standard output\n"
    "exit: 0 proven, 4 refuted, 2 usage, 3 not found\n";

struct Options {
  std::string package, roots;
  bool json = false, help = false;
};

bool parse(int argc, char** argv, Options& o) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    if (a == "--json")
      o.json = true;
    else if (a == "--help" || a == "-h")
      o.help = true;
    else if (a == "--roots" && i + 1 < argc)
      o.roots = argv[++i];
    else if (a.substr(0, 1) == "-" || !o.package.empty())
      return false;
    else
      o.package = a;
  }
  return o.help || !o.package.empty();
}

void print_json(const writ::produce::VerifyResult& r) {
  writ::Json findings = writ::Json::array();
  for (const auto& f : r.findings) findings.push_back({{"ok", f.ok}, {"what", f.what}});
  const writ::Json j = {
      {"schema", "writ.verify/1"}, {"proven", r.ok}, {"roots", r.roots_fingerprint}, {"findings", findings}};
  std::puts(j.dump(1, ' ', false, writ::Json::error_handler_t::replace).c_str());
}

// File names of a forged package come onto a terminal: no control characters.
std::string printable(std::string s) {
  for (char& c : s)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return s;
}

void print_text(const writ::produce::VerifyResult& r, const Options& o) {
  std::size_t problems = 0;
  for (const auto& f : r.findings) {
    problems += f.ok ? 0 : 1;
    std::printf("%s  %s\n", f.ok ? "ok     " : "CHANGED", printable(f.what).c_str());
  }
  std::printf("trust roots: %s\n", r.roots_fingerprint.empty() ? "unreadable" : r.roots_fingerprint.c_str());
  if (r.ok && o.roots.empty())
    std::puts(
        "Compare this fingerprint with the one the carrier gives you, or use --roots with a copy you keep.");
  if (r.ok)
    std::puts("PROVEN");
  else
    std::printf("REFUTED: %zu problem%s\n", problems, problems == 1 ? "" : "s");
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  if (!parse(argc, argv, o)) {
    std::fputs(usage, stderr);
    return static_cast<int>(writ::Exit::usage);
  }
  if (o.help) {
    std::fputs(usage, stdout);
    return 0;
  }
  writ::crypto::start();
  const auto r = writ::produce::verify_package(o.package, o.roots);
  if (!r) {
    std::fputs(writ::to_text(r.error()).c_str(), stderr);
    return static_cast<int>(r.error().exit == writ::Exit::not_found ? writ::Exit::not_found
                                                                    : writ::Exit::integrity);
  }
  if (o.json)
    print_json(*r);
  else
    print_text(*r, o);
  return static_cast<int>(r->ok ? writ::Exit::ok : writ::Exit::integrity);
}
