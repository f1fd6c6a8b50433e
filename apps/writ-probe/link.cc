// SPDX-License-Identifier: GPL-3.0-or-later
#include "link.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>

#include <memory>

#include "link/lease_watch.hh"
#include "link/sender.hh"
#include "probe/confine.hh"
#include "probe_dir.hh"

namespace writ::probe {
namespace {

struct LinkArgs {
  fs::path dir, grants, out, admission;
  std::string to;
  bool json = false;
};

Result<link::TlsKey> own_tls_key(const fs::path& dir) {
  const fs::path file = dir / "link" / "tls.key";
  if (const auto text = read_text(file)) return link::TlsKey::from_pem(*text);
  WRIT_TRY(key, link::TlsKey::make());
  WRIT_TRY(pem, key.pem());
  WRIT_CHECK(write_file(file, pem, 0600));
  return key;
}

Result<Exit> request_command(const LinkArgs& a) {
  WRIT_CHECK(become_owner(a.dir, false));
  WRIT_TRY(self, load_probe(a.dir));
  WRIT_CHECK(make_dirs(a.dir / "link", 0700));
  WRIT_TRY(key, own_tls_key(a.dir));
  WRIT_TRY(der, key.public_der());
  link::Request r;
  r.name = self.name;
  r.public_key = std::move(der);
  r.at = SystemClock{}.now();
  WRIT_CHECK(write_file(a.out, link::sign_request(std::move(r), self.sign)));
  fmt::print("for the office: {}\n", a.out.string());
  return Exit::ok;
}

Result<Exit> accept_command(const LinkArgs& a) {
  WRIT_CHECK(become_owner(a.dir, false));
  WRIT_TRY(self, load_public(a.dir));
  WRIT_TRY(text, custody::read_paper(a.admission));
  WRIT_TRY(admission, link::verify_admission(text, self.roots, self.verify));
  WRIT_TRY(key_text, read_text(a.dir / "link" / "tls.key"));
  // Fails when the certificate is not for our key.
  WRIT_CHECK(link::TlsSetup::make(link::End::probe, key_text, admission.cert, admission.ca));
  WRIT_CHECK(write_file(a.dir / "link" / "admission.json", text));
  fmt::print("admitted; the office's TLS key {}{}\n", crypto::hex(admission.office).substr(0, 16),
             admission.lease.count() > 0
                 ? fmt::format("; a live run stops when it hears nothing for {} s", admission.lease.count())
                 : "");
  return Exit::ok;
}

Result<Fd> only_sender(const fs::path& dir) {
  const fs::path file = dir / "link" / "lock";
  Fd fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd) return tl::unexpected(io_error("open", file));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Exit::unit, "another writ-probe connect works for this probe", "one probe, one sender", {},
                "stop it first");
  return fd;
}

Result<Exit> connect_command(const LinkArgs& a) {
  WRIT_TRY(where, link::parse_where(a.to));
  WRIT_CHECK(become_owner(a.dir, false));
  WRIT_TRY(self, load_public(a.dir));
  WRIT_TRY(admission, link::read_admission(a.dir, self.roots, self.verify));
  WRIT_TRY(lock, only_sender(a.dir));
  link::SenderSetup setup{a.dir / "spool", a.grants, a.dir / "link" / "held", where, self.roots,
                          self.verify,     {}};
  WRIT_CHECK(make_dirs(setup.spool));
  WRIT_CHECK(make_dirs(setup.papers, 0700));
  WRIT_CHECK(make_dirs(setup.grants));
  WRIT_TRY(key_text, read_text(a.dir / "link" / "tls.key"));
  WRIT_TRY(tls, link::TlsSetup::make(link::End::probe, key_text, admission.cert, admission.ca));
  setup.admission = std::move(admission);
  signal(SIGPIPE, SIG_IGN);
  const StopFlag& stop = stop_on_signals();
  WRIT_TRY(landlocked, restrict_files({setup.grants, setup.papers}, {setup.spool}, where.port));
  if (!landlocked)
    fmt::print(stderr,
               "this kernel has no Landlock: the sender is confined by its user and by system calls\n");
  WRIT_CHECK(confine_sender());
  SystemClock wall;
  const bool json = a.json;
  link::Sender sender{setup, tls, wall, [json](const std::string& what, const Json& detail) {
                        Json line = detail;
                        line["what"] = what;
                        line["at"] = rfc3339(SystemClock{}.now());
                        if (json) {
                          fmt::print("{}\n", canonical(line));
                          std::fflush(stdout);
                        } else {
                          fmt::print(stderr, "{} {}\n", what, canonical(detail));
                        }
                      }};
  sender.run(stop);
  return Exit::ok;
}

}  // namespace

void add_link_commands(CLI::App& app, std::function<Result<Exit>()>& chosen) {
  const auto a = std::make_shared<LinkArgs>();
  const auto add = [&](CLI::App& to, const char* name, const char* help, Result<Exit> (*f)(const LinkArgs&)) {
    auto* c = to.add_subcommand(name, help);
    c->add_option("--dir", a->dir, "the probe's directory")->required();
    c->callback([a, f, &chosen] { chosen = [a, f] { return f(*a); }; });
    return c;
  };
  auto* link = app.add_subcommand("link", "the way to the office over the network")->require_subcommand(1);
  add(*link, "request", "makes this probe's TLS key and signs for it", request_command)
      ->add_option("--out", a->out, "where the request for the office goes")
      ->required();
  add(*link, "accept", "keeps the office's admission", accept_command)
      ->add_option("--admission", a->admission, "what writ link admit wrote")
      ->required();
  auto* connect =
      add(app, "connect", "the sender: papers in, sealed segments out, until SIGTERM", connect_command);
  connect->add_option("--grants", a->grants, "the directory that the run reads")->required();
  connect->add_option("--to", a->to, "the office: ADDRESS:PORT, numeric")->required();
  connect->add_flag("--json", a->json, "what happens, as lines on standard output");
}

}  // namespace writ::probe
