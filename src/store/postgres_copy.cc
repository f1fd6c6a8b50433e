// SPDX-License-Identifier: GPL-3.0-or-later
// Bulk load by PostgreSQL's binary COPY format (PostgreSQL manual, "COPY", binary format).
#include <fmt/format.h>

#include "store/postgres.hh"

namespace writ::store {
namespace {

constexpr std::string_view signature{"PGCOPY\n\377\r\n\0", 11};
constexpr std::size_t chunk = 256 * 1024;

Status put_value(Bytes& out, const Value& v, std::size_t column) {
  if (const auto* n = std::get_if<std::int64_t>(&v)) {
    put_be32(out, 8);
    put_be64(out, static_cast<std::uint64_t>(*n));
    return {};
  }
  View bytes;
  if (const auto* t = std::get_if<std::string_view>(&v)) {
    WRIT_CHECK(storable(*t, fmt::format("bulk load: column {}", column + 1)));
    bytes = view_of(*t);
  } else if (const auto* b = std::get_if<View>(&v)) {
    bytes = *b;
  } else {
    put_be32(out, 0xFFFFFFFF);
    return {};
  }
  put_be32(out, static_cast<std::uint32_t>(bytes.size()));
  put_bytes(out, bytes);
  return {};
}

}  // namespace

Status PgConnection::put(Bytes& out, std::size_t at_least) {
  if (out.size() < at_least || out.empty()) return {};
  if (PQputCopyData(c_.get(), reinterpret_cast<const char*>(out.data()), static_cast<int>(out.size())) != 1)
    return tl::unexpected(error("bulk load", nullptr));
  out.clear();
  return {};
}

Status PgConnection::copy_rows(std::size_t width, const NextRow& next, std::uint64_t& rows) {
  Bytes out = bytes_of(signature);
  put_be64(out, 0);  // flags, length of the header's extension
  std::vector<Value> row(width);
  for (;; ++rows) {
    WRIT_TRY(more, next(row));
    if (!more) break;
    put_be16(out, static_cast<std::uint16_t>(width));
    for (std::size_t i = 0; i < width; ++i) WRIT_CHECK(put_value(out, row[i], i));
    WRIT_CHECK(put(out, chunk));
  }
  put_be16(out, 0xFFFF);
  return put(out, 0);
}

Result<std::uint64_t> PgConnection::copy_in(std::string_view table, std::span<const std::string_view> columns,
                                            const NextRow& next) {
  const std::lock_guard hold(lock_);
  settle();
  std::string names;
  for (const auto c : columns) names += (names.empty() ? "" : ",") + std::string(c);
  const std::string sql = fmt::format("COPY {}({}) FROM STDIN (FORMAT binary)", table, names);
  const bool alone = idle();
  if (alone) WRIT_CHECK(begin());
  std::uint64_t rows = 0;
  const auto load = [&]() -> Status {
    const PgResult opened(PQexec(c_.get(), sql.c_str()));
    if (PQresultStatus(opened.get()) != PGRES_COPY_IN) return tl::unexpected(error(sql, opened.get()));
    auto sent = copy_rows(columns.size(), next, rows);
    PQputCopyEnd(c_.get(), sent ? nullptr : "the rows were not complete");
    while (const PgResult r{PQgetResult(c_.get())}) {
      if (sent && PQresultStatus(r.get()) != PGRES_COMMAND_OK) sent = tl::unexpected(error(sql, r.get()));
      if (PQstatus(c_.get()) == CONNECTION_BAD) break;
    }
    return sent;
  };
  if (auto loaded = load(); !loaded) {
    if (alone) rollback();
    return tl::unexpected(std::move(loaded).error());
  }
  if (alone) WRIT_CHECK(commit());
  changes_ = static_cast<std::int64_t>(rows);
  return rows;
}

}  // namespace writ::store
