// SPDX-License-Identifier: GPL-3.0-or-later
#include "scan/vocabulary.hh"

namespace writ::scan {
namespace {

constexpr KindWord kinds[] = {
    {"grand-jury-subpoena",
     R"(subpoena to testify before a|grand jury subpoena|subpoena (?:duces tecum )?(?:to|before|of) (?:the |a )?grand jury)",
     14},
    {"grand-jury-subpoena", R"(grand jury)", 4},
    {"trial-subpoena",
     R"(trial subpoena|subpoena to (?:appear and )?testify at a (?:hearing|trial)|subpoena in a criminal (?:case|action))",
     12},
    {"civil-subpoena",
     R"(subpoena in a civil|civil subpoena|deposition subpoena|subpoena to produce documents, information)",
     14},
    {"administrative-subpoena", R"(administrative subpoena|investigative subpoena|administrative summons)",
     12},
    {"administrative-subpoena", R"(\bsubpoena\b)", 2},
    {"judicial-summons", R"(judicial summons)", 12},
    {"judicial-summons", R"(\bsummons\b|hereby summoned|you are summoned)", 5},
    {"search-warrant", R"(search and seizure warrant|search warrant)", 14},
    {"search-warrant", R"(execute this warrant|probable cause.{0,200}search)", 3},
    {"court-order", R"(2703 ?\(d\))", 8},
    {"court-order", R"(specific and articulable facts)", 4},
    {"preservation",
     R"(preservation request|request (?:to|for) preserv|preservation (?:letter|of records)|request to preserve)",
     9},
    {"preservation", R"(2703 ?\(f|\bpreserve\b)", 3},
    {"backup-preservation", R"(backup preservation|create a backup copy|18 u\.?s\.?c\.? ?.{0,3}2704)", 14},
    {"extension",
     R"(extension of (?:the )?(?:preservation|order|authorization)|preservation be extended|request (?:to|for an?) exten)",
     16},
    {"modification", R"(modification of|amended (?:order|subpoena|request)|hereby modified)", 12},
    {"withdrawal", R"(notice of withdrawal|withdrawal of (?:subpoena|request|order|process)|hereby withdraw)",
     16},
    {"emergency-disclosure", R"(emergency disclosure|exigent circumstances|exigent request)", 12},
    {"emergency-disclosure", R"(danger of death or serious physical injury)", 5},
    {"pen-trap", R"(pen register.{0,30}trap and trace)", 14},
    {"pen-register", R"(pen register)", 7},
    {"trap-and-trace", R"(trap and trace)", 6},
    {"wiretap",
     R"(interception of (?:wire|electronic|oral|telephone)|authorizing (?:the )?interception|eavesdropping warrant|wiretap order)",
     16},
    {"wiretap", R"(\b2518\b|\b2516\b)", 4},
    {"nsl", R"(national security letter|18 u\.?s\.?c\.? ?.{0,3}2709)", 16},
    {"fisa", R"(foreign intelligence surveillance)", 16},
    {"ncmec-report", R"(cybertip|2258a)", 12},
    {"non-disclosure-order", R"(non-?disclosure order|order (?:of|for) non-?disclosure)", 12},
    {"cdr-delivery", R"(weekly delivery|ongoing delivery of call)", 10},
};

constexpr ItemWord items[] = {
    {"name", true, R"(\bnames?\b)"},
    {"address", true, R"(\baddress(?:es)?\b)"},
    {"service", true,
     R"(length of service|(?:date|time) (?:on which )?(?:the )?(?:service|account) (?:began|was established|was activated|started|opened)|start(?:ing)? date|service start|types? of service|activation date)"},
    {"number", true,
     R"(instrument number|subscriber number or identity|network address|ip address(?:es)?|internet protocol address|telephone numbers?(?:\(s\))? and other|identifiers? assigned|numbers? assigned)"},
    {"payment", true,
     R"(\bpayments?\b|credit card|bank account|billing (?:information|records|and payment))"},
    {"calls", true,
     R"(call[- ]detail|toll records|\bcall records|connection records|session times|records? of (?:all )?(?:incoming|outgoing)|incoming and outgoing calls|\bcdrs?\b)"},
    {"ssn", true, R"(social security)"},
    {"stored-content", false,
     R"(voice ?mail|recordings?\b|stored (?:communications|content)|contents? of (?:communications|messages))"},
    {"other-non-content", false, R"(network logs|account notes|customer service notes|access logs)"},
};

}  // namespace

std::span<const KindWord> kind_words() { return kinds; }
std::span<const ItemWord> item_words() { return items; }

}  // namespace writ::scan
