// SPDX-License-Identifier: GPL-3.0-or-later
// Compartments (I8): matters that do not exist for anybody who is not named.
//
// A compartment is a desk of its own, a Carrier with its own store, audit log, series of numbers, scopes and
// files, over the people, policy, trust roots and records of the desk outside. Every service works in it
// unchanged, and nothing that is done in it is noted, numbered, counted or held outside.
//
//   compartments/<random id>/
//     door      writ.door/1: the compartment's key, its log's reading key and its name, sealed to each named
//               person's certified box key; filled up to a multiple of 16 boxes, so that it tells neither
//               who nor how many
//     reader    writ.door/1: the secret of the log's reading key, sealed to the named auditors alone
//     store     the store, sealed as a whole (store::SealedFile)
//     files/    documents and papers, each sealed, under a keyed hash of its name
//     audit/    the compartment's log; its entries are sealed as every entry is
//     lock      one process at a time has a compartment open
//
// Whoever is not named opens no box; a compartment that is not theirs and one that is not there are the same
// for them, as nothing outside differs. What the owner of the disk still sees: how many such directories
// there are, their sizes and times (docs/compartments.md).
#pragma once
#include "desk/carrier.hh"

namespace writ::desk {

struct Inside {  // of an opened compartment
  Carrier* outside = nullptr;
  std::string id, name;
  fs::path dir;
  crypto::Secret32 key;
  crypto::BoxPublic reader;
  Fd lock;

  store::SealedFile store() const;
  bool opens_for(const authority::Person& p) const;
  Result<crypto::BoxKey> open_reader(const authority::Person& auditor) const;  // Exit::refused
  fs::path file(const fs::path& relative) const;
  crypto::Secret32 derived(std::string_view domain) const;
};

struct CompartmentName {
  std::string id, name;
};

class Compartments {
 public:
  // `outside` stays where it is as long as a compartment of it is open.
  explicit Compartments(Carrier& outside) : outside_(&outside) {}
  // Of these, the ones that this person's key opens; by name.
  Result<std::vector<CompartmentName>> of(const authority::Person& who) const;
  // By name or id. Not named and not there: the same Exit::not_found. Waits while another process has it
  // open.
  Result<Carrier> open(const std::string& name, const Acting& who);
  // Makes one that `named` open: certified people, `by` among them, at least one auditor. The same again by
  // the same person gives the one that is there. Exit::usage names what is wrong with the list.
  Result<Carrier> create(const std::string& name, const std::vector<std::string>& named, const Acting& by);
  // From now on `also` open it as well as those of `before`. No further auditors: the reading key of the log
  // is not anybody's to give who does not hold it. Again: nothing changes.
  static Status name_people(const Carrier& inside, const std::vector<std::string>& before,
                            const std::vector<std::string>& also);

 private:
  Result<Carrier> enter(Inside found);
  Carrier* outside_;
};

}  // namespace writ::desk
