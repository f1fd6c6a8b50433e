// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/work_order.hh"
#include "produce/work_order_sheet.hh"

namespace writ::cases {
namespace {

using desk::Case;
using desk::CaseAct;

std::string act_detail(const CaseAct& a) {
  std::string out;
  const auto add = [&](const std::string& key, const Json& value) {
    if (value.is_string() && !value.get_ref<const std::string&>().empty())
      out += (out.empty() ? "" : ", ") + key + " " + value.get<std::string>();
  };
  for (const auto& [key, value] : a.body.items())
    if (value.is_array())
      for (const Json& one : value) add(key, one);
    else
      add(key, value);
  return out;
}

}  // namespace

Status WorkOrders::print(const std::string& number, const fs::path& pdf) const {
  WRIT_TRY(w, desk::read_case(*c_, number));
  WRIT_TRY(shown, show(number));
  const Json& site = w.acts.front().body;
  produce::WorkOrderSheet sheet{w.matter,
                                site.value("matter", ""),
                                site.value("site", ""),
                                site.value("switch", ""),
                                site.value("port", ""),
                                w.state,
                                shown["next"].get<std::string>(),
                                shown["missed"].get<std::vector<std::string>>(),
                                {},
                                w.acts.back().at};
  for (const CaseAct& a : w.acts)
    sheet.acts.push_back({a.at, a.act, a.user, act_detail(a), crypto::hex(a.id)});
  return produce::write_work_order_sheet(pdf, c_->policy(), sheet);
}

}  // namespace writ::cases
