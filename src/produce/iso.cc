// SPDX-License-Identifier: GPL-3.0-or-later
#include "produce/iso.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBISOFS_WITHOUT_LIBBURN yes
#include <libisofs/libisofs.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "produce/package.hh"

namespace writ::produce {
namespace {

struct ImageFree {
  void operator()(IsoImage* i) const { iso_image_unref(i); }
};
struct WriteFree {
  void operator()(IsoWriteOpts* o) const { iso_write_opts_free(o); }
};
struct ReadFree {
  void operator()(IsoReadOpts* o) const { iso_read_opts_free(o); }
};
struct SourceFree {
  void operator()(IsoDataSource* s) const { iso_data_source_unref(s); }
};
struct IterFree {
  void operator()(IsoDirIter* i) const { iso_dir_iter_free(i); }
};
struct BurnFree {
  void operator()(burn_source* b) const {
    b->free_data(b);
    std::free(b);
  }
};
using Image = std::unique_ptr<IsoImage, ImageFree>;

Status checked(int code, std::string_view act, const fs::path& p) {
  if (code >= 0) return {};
  return fail(Exit::failure, fmt::format("{} {}: {}", act, p.string(), iso_error_to_msg(code)));
}

// Without the locale of the environment (names are UTF-8) and silent.
Status start_library() {
  static const int code = [] {
    const int r = iso_init_with_flag(1);
    iso_set_msgs_severities(const_cast<char*>("NEVER"), const_cast<char*>("NEVER"), const_cast<char*>(""));
    return r < 0 ? r : iso_set_local_charset(const_cast<char*>("UTF-8"), 0);
  }();
  return checked(code, "start libisofs for", "image");
}

Result<Image> new_image(const std::string& volume, const fs::path& at) {
  WRIT_CHECK(start_library());
  IsoImage* raw = nullptr;
  WRIT_CHECK(checked(iso_image_new(volume.c_str(), &raw), "prepare image", at));
  return Image(raw);
}

// libisofs lays data out by the inodes of the disk they come from, unless weights give an order: by path.
Status add_directory(IsoImage* image, IsoDir* into, const fs::path& dir, int& weight) {
  std::vector<fs::path> entries;
  std::error_code ec;
  for (fs::directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec))
    entries.push_back(it->path());
  if (ec) return fail(Exit::failure, fmt::format("read {}: {}", dir.string(), ec.message()));
  std::sort(entries.begin(), entries.end());
  for (const fs::path& e : entries) {
    const fs::file_status st = fs::symlink_status(e, ec);
    const std::string name = e.filename().string();
    if (fs::is_directory(st)) {
      IsoDir* child = nullptr;
      WRIT_CHECK(checked(iso_tree_add_new_dir(into, name.c_str(), &child), "add", e));
      WRIT_CHECK(add_directory(image, child, e, weight));
    } else if (fs::is_regular_file(st)) {
      IsoNode* node = nullptr;
      WRIT_CHECK(checked(iso_tree_add_new_node(image, into, name.c_str(), e.c_str(), &node), "add", e));
      iso_node_set_sort_weight(node, weight--);
    } else {
      return fail(Exit::usage, fmt::format("{} is neither a file nor a directory", e.string()));
    }
  }
  return {};
}

// Nothing of the machine, the user or the clock may get into the image.
Result<std::unique_ptr<IsoWriteOpts, WriteFree>> write_options(const fs::path& iso, Instant at) {
  IsoWriteOpts* raw = nullptr;
  WRIT_CHECK(checked(iso_write_opts_new(&raw, 0), "prepare image", iso));
  std::unique_ptr<IsoWriteOpts, WriteFree> o(raw);
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::string stamp;
  for (const char c : rfc3339_seconds(at))
    if (c >= '0' && c <= '9') stamp += c;
  stamp += "00";
  // RRIP 1.10 has no file serial numbers; those of 1.12 would follow the inodes of the disk.
  int worst = 0;
  for (const int code : {iso_write_opts_set_iso_level(raw, 3),
                         iso_write_opts_set_rockridge(raw, 1),
                         iso_write_opts_set_joliet(raw, 1),
                         iso_write_opts_set_joliet_long_names(raw, 1),
                         iso_write_opts_set_hardlinks(raw, 0),
                         iso_write_opts_set_sort_files(raw, 1),
                         iso_write_opts_set_rrip_version_1_10(raw, 1),
                         iso_write_opts_set_rrip_1_10_px_ino(raw, 0),
                         iso_write_opts_set_aaip(raw, 0),
                         iso_write_opts_set_relaxed_vol_atts(raw, 1),
                         iso_write_opts_set_always_gmt(raw, 1),
                         iso_write_opts_set_replace_mode(raw, 2, 2, 2, 2),
                         iso_write_opts_set_default_dir_mode(raw, 0555),
                         iso_write_opts_set_default_file_mode(raw, 0444),
                         iso_write_opts_set_default_uid(raw, 0),
                         iso_write_opts_set_default_gid(raw, 0),
                         iso_write_opts_set_replace_timestamps(raw, 2),
                         iso_write_opts_set_default_timestamp(raw, seconds),
                         iso_write_opts_set_output_charset(raw, "UTF-8"),
                         iso_write_opts_set_pvd_times(raw, seconds, seconds, 0, 0, stamp.data())})
    worst = std::min(worst, code);
  WRIT_CHECK(checked(worst, "set options of", iso));
  return o;
}

Status pump(burn_source* source, const fs::path& tmp) {
  const Fd fd{::open(tmp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
  if (!fd) return tl::unexpected(io_error("create", tmp));
  const off_t expected = source->get_size(source);
  off_t written = 0;
  std::vector<std::uint8_t> buffer(64 * 2048);
  while (written < expected) {
    // A read past the end yields nothing at all, so the last one is asked for exactly.
    const auto want = std::min<off_t>(expected - written, static_cast<off_t>(buffer.size()));
    const int n = source->read_xt(source, buffer.data(), static_cast<int>(want));
    if (n < 0) return fail(Exit::failure, fmt::format("image {}: generation failed", tmp.string()));
    if (n == 0) break;
    WRIT_CHECK(write_all(fd.get(), View(buffer.data(), static_cast<std::size_t>(n))));
    written += n;
  }
  if (written != expected)
    return fail(Exit::failure,
                fmt::format("image {}: {} bytes instead of {}; did a file change while it was written?",
                            tmp.string(), written, expected));
  if (::fsync(fd.get()) != 0) return tl::unexpected(io_error("sync", tmp));
  return {};
}

View section_view(View image, const iso_file_section* s, int n, bool& ok) {
  std::uint64_t begin = 0, size = 0;
  for (int i = 0; i < n; ++i) {
    const std::uint64_t at = std::uint64_t{s[i].block} * 2048;
    // A file above 4 GiB has several sections, which follow each other.
    if (i == 0)
      begin = at;
    else if (at != begin + size)
      ok = false;
    size += s[i].size;
  }
  if (begin > image.size() || size > image.size() - begin) ok = false;
  return ok ? image.subspan(begin, size) : View{};
}

void list_file(IsoNode* node, const std::string& path, View image, Listing& out) {
  int n = 0;
  iso_file_section* raw = nullptr;
  const int code = iso_file_get_old_image_sections(reinterpret_cast<IsoFile*>(node), &n, &raw, 0);
  const std::unique_ptr<iso_file_section, void (*)(void*)> sections(raw, std::free);
  bool ok = code == 1;
  const View v = ok ? section_view(image, raw, n, ok) : View{};
  if (!ok) out.strange.push_back(path + ": its data lie outside the image");
  out.files[path] = v;
}

Status walk(IsoDir* dir, const std::string& prefix, View image, Listing& out, int depth) {
  if (depth > 32) return fail(Exit::integrity, "the image nests directories too deeply at " + prefix);
  IsoDirIter* raw = nullptr;
  WRIT_CHECK(checked(iso_dir_get_children(dir, &raw), "list", prefix));
  const std::unique_ptr<IsoDirIter, IterFree> it(raw);
  for (IsoNode* node = nullptr; iso_dir_iter_next(raw, &node) == 1;) {
    const char* name = iso_node_get_name(node);
    const std::string path = prefix + (name ? name : "");
    switch (iso_node_get_type(node)) {
      case LIBISO_DIR:
        out.directories.push_back(path);
        WRIT_CHECK(walk(reinterpret_cast<IsoDir*>(node), path + "/", image, out, depth + 1));
        break;
      case LIBISO_FILE:
        if (out.files.count(path) != 0) out.strange.push_back(path + ": named twice");
        list_file(node, path, image, out);
        break;
      default:
        out.strange.push_back(path + ": neither a file nor a directory");
    }
  }
  return {};
}

}  // namespace

Status write_iso(const fs::path& dir, const fs::path& iso, const std::string& volume, Instant at) {
  WRIT_TRY(image, new_image(volume, iso));
  iso_image_set_publisher_id(image.get(), "WRIT");
  iso_image_set_data_preparer_id(image.get(), "WRIT");
  iso_image_set_application_id(image.get(), "WRIT PRODUCTION");
  iso_image_set_system_id(image.get(), "");
  int weight = 1 << 30;
  std::error_code ec;  // libisofs knows no working directory
  WRIT_CHECK(add_directory(image.get(), iso_image_get_root(image.get()),
                           fs::absolute(dir, ec).lexically_normal(), weight));
  WRIT_TRY(options, write_options(iso, at));
  burn_source* raw = nullptr;
  WRIT_CHECK(checked(iso_image_create_burn_source(image.get(), options.get(), &raw), "generate", iso));
  const std::unique_ptr<burn_source, BurnFree> source(raw);
  const fs::path tmp = fmt::format("{}.tmp.{}", iso.string(), ::getpid());
  Status ok = pump(raw, tmp);
  if (!ok) {
    ::unlink(tmp.c_str());
    return ok;
  }
  if (::rename(tmp.c_str(), iso.c_str()) != 0) return tl::unexpected(io_error("rename", tmp));
  return sync_dir(iso.parent_path());
}

Result<Listing> list_iso(const fs::path& iso, View image, IsoTree tree) {
  WRIT_TRY(target, new_image("READ", iso));
  IsoDataSource* raw_source = nullptr;
  WRIT_CHECK(checked(iso_data_source_new_from_file(iso.c_str(), &raw_source), "open", iso));
  const std::unique_ptr<IsoDataSource, SourceFree> source(raw_source);
  IsoReadOpts* raw_options = nullptr;
  WRIT_CHECK(checked(iso_read_opts_new(&raw_options, 0), "open", iso));
  const std::unique_ptr<IsoReadOpts, ReadFree> options(raw_options);
  iso_read_opts_set_no_aaip(raw_options, 1);
  iso_read_opts_set_no_md5(raw_options, 1);
  iso_read_opts_set_no_iso1999(raw_options, 1);
  iso_read_opts_set_input_charset(raw_options, "UTF-8");
  if (tree == IsoTree::joliet) iso_read_opts_set_no_rockridge(raw_options, 1);
  if (tree == IsoTree::joliet) iso_read_opts_set_preferjoliet(raw_options, 1);
  if (tree == IsoTree::rock_ridge) iso_read_opts_set_no_joliet(raw_options, 1);
  const int code = iso_image_import(target.get(), raw_source, raw_options, nullptr);
  if (code < 0)
    return fail(Exit::integrity,
                fmt::format("{} is not a readable ISO-9660 image: {}", iso.string(), iso_error_to_msg(code)));
  Listing out;
  WRIT_CHECK(walk(iso_image_get_root(target.get()), "", image, out, 0));
  return out;
}

}  // namespace writ::produce
