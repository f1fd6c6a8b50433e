// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>

#include "base/io.hh"
#include "base/test_at.hh"
#include "ingest/rating.hh"
#include "ingest/test_feed.hh"

namespace writ::ingest {
namespace {

using records::Cdr;
using records::Disposition;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string new_york = "zone = \"America/New_York\"\n";
const std::string asterisk16 = "format = \"asterisk-csv\"\n" + new_york;

using writ::test::at;

// --- Asterisk

std::string asterisk_line(const std::string& start, const std::string& rest = "") {
  return R"("","+14045550102","914045550117","from-internal","""Room 12"" <+14045550102>","PJSIP/1012-0000002a",)"
         R"("PJSIP/trunk-0000002b","Dial","PJSIP/14045550117@trunk",")" +
         start + R"(",")" + start + R"(",")" + start + R"(",65,60,"ANSWERED","DOCUMENTATION")" + rest + "\n";
}

TEST(Asterisk, ALineIsRead) {
  const auto s = feed(asterisk16 + "outside_prefix = \"9\"\n");
  const auto r =
      read_back(s, R"("","4045550102","914045550117","from-internal","""Room 12"" <4045550102>",)"
                   R"("PJSIP/1012-0000002a","PJSIP/trunk-0000002b","Dial","x","2026-11-20 10:00:00",)"
                   R"("2026-11-20 10:00:05","2026-11-20 10:01:05",65,60,"ANSWERED","DOCUMENTATION")"
                   "\n");
  ASSERT_THAT(r.problems, IsEmpty());
  ASSERT_EQ(r.records.size(), 1u);
  const Cdr& c = r.records[0];
  EXPECT_EQ(c.account, "P-1001");
  EXPECT_EQ(c.caller, "+14045550102");
  EXPECT_EQ(c.called, "+14045550117");
  EXPECT_EQ(c.caller_extension, "1012");
  EXPECT_EQ(c.called_extension, "");
  EXPECT_EQ(c.start, at("2026-11-20T15:00:00Z"));
  EXPECT_EQ(c.answer_ms, 5000);
  EXPECT_EQ(c.duration_ms, 65000);
  EXPECT_EQ(c.disposition, Disposition::answered);
  EXPECT_THAT(c.extra, HasSubstr(R"("clid":"\"Room 12\" <4045550102>")"));
  EXPECT_THAT(c.extra, HasSubstr(R"("dialled":"914045550117")"));
  EXPECT_THAT(c.call_id, testing::StartsWith("line-"));
}

TEST(Asterisk, TheIdentityOfALineIsItsOwnWhereverItStands) {
  const auto s = feed(asterisk16);
  const std::string a = asterisk_line("2026-11-20 10:00:00"), b = asterisk_line("2026-11-20 10:00:01");
  const auto one = read_back(s, a + b), other = read_back(s, b + b + a);
  ASSERT_EQ(one.records.size(), 2u);
  ASSERT_EQ(other.records.size(), 3u);
  EXPECT_EQ(one.records[0].call_id, other.records[2].call_id);
  EXPECT_EQ(other.records[0].call_id, other.records[1].call_id);
  EXPECT_NE(one.records[0].call_id, one.records[1].call_id);
}

TEST(Asterisk, TheSettingsSayWhichColumnsThereAre) {
  const std::string t = "2026-11-20 10:00:00";
  const auto r17 = read_back(feed(asterisk16 + "columns = 17\nunique_id = true\n"),
                             asterisk_line(t, R"(,"1763650800.7")"));
  ASSERT_EQ(r17.records.size(), 1u);
  EXPECT_EQ(r17.records[0].call_id, "1763650800.7");
  const auto r21 = read_back(feed(asterisk16 + "columns = 21\n"),
                             asterisk_line(t, R"(,"1763650800.7","vip","","1763650800.5",42)"));
  ASSERT_EQ(r21.records.size(), 1u);
  EXPECT_EQ(r21.records[0].linked, "1763650800.5");
  EXPECT_EQ(r21.records[0].leg, "42");
  EXPECT_THAT(r21.records[0].extra, HasSubstr(R"("userfield":"vip")"));
  // One channel writes several records: without a sequence they still are two.
  const auto fork = read_back(
      feed(asterisk16 + "unique_id = true\n"),
      asterisk_line(t, R"(,"1763650800.7")") + asterisk_line("2026-11-20 10:00:09", R"(,"1763650800.7")"));
  ASSERT_EQ(fork.records.size(), 2u);
  EXPECT_NE(fork.records[0].leg, fork.records[1].leg);
  // Other columns than those that were said are never read as if they were.
  const auto wrong = read_back(feed(asterisk16), asterisk_line(t, R"(,"1763650800.7")"));
  EXPECT_THAT(wrong.records, IsEmpty());
  EXPECT_THAT(wrong.problems, ElementsAre(HasSubstr("1: 17 columns where the feed says 16")));
}

TEST(Asterisk, AnUnansweredCallHasNoAnswerThoughATimeIsWritten) {
  std::string line = asterisk_line("2026-11-20 10:00:00");
  line.replace(line.find("ANSWERED"), 8, "NO ANSWER");
  const auto r = read_back(feed(asterisk16), line);
  ASSERT_EQ(r.records.size(), 1u);
  EXPECT_EQ(r.records[0].answer_ms, -1);
  EXPECT_EQ(r.records[0].disposition, Disposition::no_answer);
}

TEST(Asterisk, ATimeReadTwiceIsRefusedWithBothInstantsOrGoesByTheSetting) {
  const std::string line = asterisk_line("2026-11-01 01:30:00");
  const auto refused = read_back(feed(asterisk16), line);
  EXPECT_THAT(refused.records, IsEmpty());
  EXPECT_THAT(refused.problems, ElementsAre(testing::AllOf(HasSubstr("2026-11-01T05:30:00Z"),
                                                           HasSubstr("2026-11-01T06:30:00Z"))));
  EXPECT_EQ(read_back(feed(asterisk16 + "repeated_hour = \"first\"\n"), line).records.at(0).start,
            at("2026-11-01T05:30:00Z"));
  const auto second = read_back(feed(asterisk16 + "repeated_hour = \"second\"\n"), line);
  EXPECT_EQ(second.records.at(0).start, at("2026-11-01T06:30:00Z"));
  EXPECT_EQ(second.records.at(0).duration_ms, 65000);
  // The channel's id is an instant in UTC: 1793514602 is 06:30:02Z.
  const auto told = read_back(feed(asterisk16 + "unique_id = true\n"),
                              asterisk_line("2026-11-01 01:30:00", R"(,"1793514602.7")"));
  ASSERT_EQ(told.records.size(), 1u);
  EXPECT_EQ(told.records[0].start, at("2026-11-01T06:30:00Z"));
  const auto never =
      read_back(feed(asterisk16 + "repeated_hour = \"first\"\n"), asterisk_line("2026-03-08 02:30:00"));
  EXPECT_THAT(never.problems, ElementsAre(HasSubstr("never read")));
}

TEST(Asterisk, ACallOverTheChangeOfClocksHasItsTrueLength) {
  // 00:59:30 EDT, 61 s later the clock says 01:00:31 for the first time.
  const auto r =
      read_back(feed(asterisk16),
                R"("","1012","1013","x","","","","Dial","","2026-11-01 00:59:30","2026-11-01 00:59:35",)"
                R"("2026-11-01 01:00:31",61,56,"ANSWERED","DOCUMENTATION")"
                "\n");
  ASSERT_THAT(r.problems, IsEmpty());
  EXPECT_EQ(r.records[0].start, at("2026-11-01T04:59:30Z"));
  EXPECT_EQ(r.records[0].duration_ms, 61000);
  EXPECT_EQ(r.records[0].answer_ms, 5000);
}

TEST(Asterisk, JsonOfBothSpellingsIsTheSameRecord) {
  const auto s = feed("format = \"asterisk-json\"\n" + new_york);
  const auto r = read_back(
      s,
      R"({"src":"1012","dst":"1013","start":"2026-11-20 10:00:00","answer":"2026-11-20 10:00:01",)"
      R"("end":"2026-11-20 10:00:09","duration":9,"billsec":8,"disposition":"ANSWERED","uniqueid":"1763650800.7","sequence":3})"
      "\n"
      "{\n  \"Source\": \"1012\",\n  \"Destination\": \"1013\",\n  \"StartTime\": \"2026-11-20 10:00:00\",\n"
      "  \"AnswerTime\": \"2026-11-20 10:00:01\", \"EndTime\": \"2026-11-20 10:00:09\", \"Duration\": "
      "\"9\",\n"
      "  \"BillableSeconds\": \"8\", \"Disposition\": \"ANSWERED\", \"UniqueID\": \"1763650800.7\", "
      "\"Sequence\": \"3\"\n}\n"
      "{\"src\": \"10\n{\"src\":true}\n");
  ASSERT_EQ(r.records.size(), 2u);
  Cdr second = r.records[1];
  EXPECT_EQ(second.line, 2u);
  second.line = r.records[0].line;
  EXPECT_EQ(second, r.records[0]);
  EXPECT_THAT(r.problems, ElementsAre(HasSubstr("9: the document ends in its middle"), HasSubstr("10: ")));
}

// Samples of another project's test data; the unique id holds the start in UTC, which we did not compute.
TEST(Asterisk, SamplesOfOthersAreRead) {
  const fs::path file = fs::path(WRIT_SOURCE_DIR) / "../shared/captures/cdr/asterisk_good.csv";
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not here";
  const auto text = *read_text(file);
  const auto with_id = read_back(feed("format = \"asterisk-csv\"\nunique_id = true\n"), text);
  const auto with_both = read_back(feed("format = \"asterisk-csv\"\ncolumns = 18\n"), text);
  std::size_t ids = 0;
  for (const ReadBack* r : {&with_id, &with_both})
    for (const Cdr& c : r->records) {
      EXPECT_EQ(c.call_id, "1231977075.0");
      EXPECT_EQ(to_ns(c.start) / 1'000'000'000, 1231977075);
      EXPECT_EQ(c.duration_ms, 5000);
      ++ids;
    }
  EXPECT_GE(ids, 4u);
}

// --- FreeSWITCH

const std::string freeswitch_default =
    "format = \"freeswitch-csv\"\n" + new_york +
    R"(columns_template = '''"${caller_id_name}","${caller_id_number}","${destination_number}","${context}","${start_stamp}","${answer_stamp}","${end_stamp}","${duration}","${billsec}","${hangup_cause}","${uuid}","${bleg_uuid}","${accountcode}"''')"
    "\n";

TEST(Freeswitch, TheTemplateIsTheSchema) {
  const auto r = read_back(
      feed(freeswitch_default),
      R"("Doe "Jim" James","4045550102","1013","default","2026-11-20 10:00:00","2026-11-20 10:00:04","2026-11-20 10:00:34","34","30","NORMAL_CLEARING","0ad7aaaa-0000-4000-8000-000000000001","0ad7aaaa-0000-4000-8000-000000000002","")"
      "\n"
      R"("","1012","911","default","2026-11-20 10:00:00","","2026-11-20 10:00:34","34","0","USER_BUSY","0ad7aaaa-0000-4000-8000-000000000003","","")"
      "\n\"a\",\"b\"\n");
  ASSERT_EQ(r.records.size(), 2u);
  EXPECT_THAT(r.records[0].extra, HasSubstr(R"(Doe \"Jim\" James)"));
  EXPECT_EQ(r.records[0].caller, "+14045550102");
  EXPECT_EQ(r.records[0].call_id, "0ad7aaaa-0000-4000-8000-000000000001");
  EXPECT_EQ(r.records[0].answer_ms, 4000);
  EXPECT_EQ(r.records[0].duration_ms, 34000);
  EXPECT_EQ(r.records[1].called, "911");
  EXPECT_EQ(r.records[1].disposition, Disposition::busy);
  EXPECT_EQ(r.records[1].answer_ms, -1);
  EXPECT_THAT(r.problems, ElementsAre(HasSubstr("3: 2 columns where columns_template has 13")));
}

std::string leg_json(const std::string& uuid, const std::string& more) {
  return R"({"variables":{"uuid":")" + uuid +
         R"(","start_uepoch":"1763650800123456","answer_uepoch":"1763650804123456","end_uepoch":"1763650834623456",)"
         R"("duration":"34","billsec":"30","hangup_cause":"NORMAL_CLEARING","start_stamp":"2025-11-20%2010%3A00%3A00")" +
         more + "}";
}

TEST(Freeswitch, LegsOfOneCallAreLinked) {
  const std::string flow =
      R"(,"callflow":[{"profile_index":"2","caller_profile":{"caller_id_number":"1012","destination_number":"1014"},)"
      R"("times":{"created_time":"1763650810000000"}},{"profile_index":"1","caller_profile":{)"
      R"("caller_id_number":"+14045550102","destination_number":"1013","rdnis":""}}]})";
  const std::string a = leg_json(
      "uuid-a", R"(,"direction":"inbound","transfer_source":"1763650810:x:bl_xfer:1014/default/XML"})");
  const std::string doc_a = a.substr(0, a.size() - 1) + flow;
  const std::string doc_b = leg_json("uuid-b", R"(,"direction":"outbound","originating_leg_uuid":"uuid-a"})");
  const std::string doc_c = leg_json("uuid-c", R"(,"direction":"outbound","last_bridge_to":"uuid-a"})");
  const auto s = feed("format = \"freeswitch-json\"\n" + new_york);
  const auto r = read_back(s, doc_a + "\n" + doc_b + "\n" + doc_c + "\n");
  ASSERT_THAT(r.problems, IsEmpty());
  ASSERT_EQ(r.records.size(), 3u);
  for (const Cdr& c : r.records) EXPECT_EQ(c.linked, "uuid-a") << c.call_id;
  EXPECT_EQ(r.records[0].leg, "a");
  EXPECT_EQ(r.records[1].leg, "b");
  EXPECT_EQ(r.records[0].caller, "+14045550102");
  EXPECT_EQ(r.records[0].called, "1014");
  EXPECT_THAT(r.records[0].extra, HasSubstr("\"first_destination\":\"1013\""));
  EXPECT_EQ(r.records[0].start, at("2025-11-20T15:00:00.123Z"));
  EXPECT_EQ(r.records[0].answer_ms, 4000);
  EXPECT_EQ(r.records[0].duration_ms, 34500);
}

TEST(Freeswitch, AFormWithAnEncodedDocumentIsTheSameRecord) {
  const std::string doc =
      leg_json("uuid-a", R"(,"caller_id_number":"1012","destination_number":"+14045550117"})");
  std::string form = "cdr=";
  for (const char c : doc) form += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  const auto s = feed("format = \"freeswitch-json\"\n");
  const auto plain = read_back(s, doc), encoded = read_back(s, form);
  ASSERT_EQ(plain.records.size(), 1u);
  EXPECT_EQ(plain.records, encoded.records);
  EXPECT_EQ(plain.records[0].called, "+14045550117");
  EXPECT_THAT(read_back(s, doc.substr(0, doc.size() - 5)).problems, ElementsAre(HasSubstr("ends within")));
}

// --- Kamailio

TEST(Kamailio, InviteAndByePairFromEitherSideAndWhatIsMissingIsSaid) {
  const auto s = feed("format = \"kamailio-acc\"\nextras = [\"src_user\", \"dst_user\"]\n");
  const std::string rows =
      "INVITE,ta,tb,call-1,200,OK,2026-11-20 10:00:00,+14045550102,+14045550117\n"
      "INVITE,tc,td,call-2,200,OK,2026-11-20 10:00:01,1012,1013\n"
      "INVITE,te,,call-3,486,Busy here,2026-11-20 10:00:02,1012,1014\n"
      "ACK,ta,tb,call-1,200,OK,2026-11-20 10:00:02,,\n"
      "INVITE,ta,tb,call-1,200,OK,2026-11-20 10:00:30,,\n"
      "BYE,tb,ta,call-1,200,OK,2026-11-20 10:01:00,,\n"
      "BYE,ta,tb,call-1,481,gone,2026-11-20 10:01:00,,\n"
      "BYE,tx,ty,call-9,200,OK,2026-11-20 10:01:00,,\n";
  for (const std::size_t step : {1u, 7u, 1u << 20}) {
    const auto r = read_back(s, rows, step);
    ASSERT_EQ(r.records.size(), 3u);
    EXPECT_EQ(r.records[0].call_id, "call-3");
    EXPECT_EQ(r.records[0].disposition, Disposition::busy);
    EXPECT_EQ(r.records[1].call_id, "call-1");
    EXPECT_EQ(r.records[1].duration_ms, 60000);
    EXPECT_EQ(r.records[1].caller, "+14045550102");
    EXPECT_EQ(r.records[2].call_id, "call-2");
    EXPECT_EQ(r.records[2].leg, "td open");
    EXPECT_THAT(r.records[2].extra, HasSubstr("\"missing\":\"bye\""));
    EXPECT_THAT(r.notes, ElementsAre(HasSubstr("line 2: no BYE")));
    EXPECT_THAT(r.problems, ElementsAre(HasSubstr("8: a BYE without its INVITE")));
  }
}

TEST(Kamailio, LinesOfTheLogAreRead) {
  const auto s = feed("format = \"kamailio-acc\"\n");
  const auto r =
      read_back(s,
                "Nov 20 10:00:00 sbc kamailio[7]: NOTICE: acc [acc.c:287]: acc_log_request(): ACC: "
                "transaction answered: "
                "timestamp=1763650800;method=INVITE;from_tag=ta;to_tag=tb;call_id=call-1;code=200;reason=OK;"
                "src_user=1012;dst_user=1013\n"
                "Nov 20 10:00:09 sbc kamailio[7]: NOTICE: acc [acc.c:287]: acc_log_request(): ACC: "
                "transaction answered: "
                "timestamp=1763650809;method=BYE;from_tag=ta;to_tag=tb;call_id=call-1;code=200;reason=OK\n");
  ASSERT_THAT(r.problems, IsEmpty());
  ASSERT_EQ(r.records.size(), 1u);
  EXPECT_EQ(r.records[0].duration_ms, 9000);
  EXPECT_EQ(r.records[0].called, "1013");
  EXPECT_EQ(to_ns(r.records[0].start), 1763650800'000'000'000);
}

// --- BroadWorks

// In this sample of another project the access call id of a call holds the local time of day: BW230005250...
// is 23:00:05.250, two hours (userTimeZone 1+020000) after the startTime, which therefore is GMT.
TEST(Broadworks, TheSampleOfOthersIsReadAndItsTimesAreGmt) {
  const fs::path file = fs::path(WRIT_SOURCE_DIR) / "../shared/captures/cdr/broadworks_v19.xml";
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not here";
  const auto text = *read_text(file);
  for (const std::size_t step : {5u, 1u << 20}) {
    const auto r = read_back(feed("format = \"broadworks-xml\"\n"), text, step);
    EXPECT_THAT(r.problems, IsEmpty());
    ASSERT_EQ(r.records.size(), 2u);
    EXPECT_EQ(r.records[0].start, at("2016-04-19T21:00:05.247Z"));
    EXPECT_EQ(r.records[0].answer_ms, 1566);
    EXPECT_EQ(r.records[0].duration_ms, 15049);
    EXPECT_EQ(r.records[0].caller, "1001");
    EXPECT_EQ(r.records[0].called, "+4986517174963");
    EXPECT_EQ(r.records[0].call_id, "25160047719:0");
    EXPECT_THAT(r.records[0].extra, HasSubstr("BW230005250190416"));
  }
}

TEST(Broadworks, ABrokenRecordCostsOnlyItself) {
  const auto record = [](const std::string& id, const std::string& more) {
    return "<cdrData><headerModule><recordId><eventCounter>" + id +
           "</eventCounter><systemId>s</systemId><date>20261120100000.000</date></recordId><type>Normal</"
           "type>"
           "</headerModule><basicModule><callingNumber>1012</callingNumber><calledNumber>M\xFCller</"
           "calledNumber>"
           "<startTime>20261120100000.000</startTime><answerIndicator>No</answerIndicator>"
           "<releaseTime>20261120100009.000</releaseTime><terminationCause>017</terminationCause>" +
           more + "</basicModule></cdrData>\n";
  };
  const std::string text =
      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<!DOCTYPE broadWorksCDR>\n<broadWorksCDR>\n" +
      record("1", "") + record("2", "</oops>") + record("3", "") + record("4", "").substr(0, 150);
  const auto r = read_back(feed("format = \"broadworks-xml\"\n"), text);
  ASSERT_EQ(r.records.size(), 2u);
  EXPECT_EQ(r.records[0].called, "Müller");
  EXPECT_EQ(r.records[0].disposition, Disposition::busy);
  EXPECT_THAT(r.problems,
              ElementsAre(HasSubstr("5: is no XML"), HasSubstr("7: the file ends within this record")));
}

TEST(Broadworks, CsvIsReadByItsFixedOrder) {
  const auto r = read_back(
      feed("format = \"broadworks-csv\"\n"),
      "version=19.0 encoding=ISO-8859-1\n"
      "0002183384,,Start\n"
      "0002183385S20161120100000.1041+020000,MBC,Normal,1001,2001,Originating,1001,Public,+14045550117,"
      "20261120100000.247,1+020000,Yes,20261120100001.247,20261120100020.247,016,,,4045550117,,,,,local,gw,x@"
      "192.0.2.1,"
      "PCMA,192.0.2.4,y@192.0.2.10,tail\n"
      "0002183386S,MBC,Normal,1001\n");
  ASSERT_EQ(r.records.size(), 1u);
  EXPECT_EQ(r.records[0].start, at("2026-11-20T10:00:00.247Z"));
  EXPECT_EQ(r.records[0].answer_ms, 1000);
  EXPECT_EQ(r.records[0].duration_ms, 20000);
  EXPECT_THAT(r.problems, ElementsAre(HasSubstr("4: 4 columns")));
}

// --- mapped CSV

const std::string mapped =
    "format = \"mapped-csv\"\nseparator = \";\"\n" + new_york +
    "time_format = \"%d.%m.%Y %H:%M:%S\"\n"
    "[mapping]\nstart = \"When\"\ncaller = \"From\"\ncalled = \"To\"\nduration = \"Secs\"\n"
    "disposition = \"Result\"\n";

TEST(Mapped, ColumnsAreFoundByTheirHeader) {
  const auto r = read_back(feed(mapped),
                           "\xEF\xBB\xBFTo;Note;When;From;Secs;Result\r\n"
                           "(404) 555-0117;\"two\nlines\";20.11.2026 10:00:00;1012;12.5;Answered\r\n"
                           "1013;\"never closed;20.11.2026 10:00:00;1012;12;busy\r\n"
                           "1014;x;20.11.2026 10:00:01;1012;0;busy\r\n");
  ASSERT_EQ(r.records.size(), 2u);
  EXPECT_EQ(r.records[0].called, "+14045550117");
  EXPECT_EQ(r.records[0].duration_ms, 12500);
  EXPECT_EQ(r.records[0].start, at("2026-11-20T15:00:00Z"));
  EXPECT_EQ(r.records[0].line, 2u);
  EXPECT_EQ(r.records[1].line, 5u);
  EXPECT_THAT(r.problems, ElementsAre(HasSubstr("4: a quote is opened and never closed")));
}

TEST(Mapped, AFileWithoutAMappedColumnIsRefusedWhole) {
  const auto r = read_back(feed(mapped), "To;When;From;Result\n1;2;3;4\n");
  ASSERT_FALSE(r.problems.empty());
  EXPECT_THAT(r.problems[0], HasSubstr("whole file: the file has no column 'Secs'"));
}

// --- bytes

TEST(Encodings, AByteThatDoesNotConvertIsToldWithItsPlace) {
  std::string latin = asterisk_line("2026-11-20 10:00:00");
  latin.replace(latin.find("Room"), 4, "M\xFCll");
  const auto utf8 = read_back(feed(asterisk16), latin);
  EXPECT_THAT(utf8.records, IsEmpty());
  EXPECT_THAT(utf8.problems,
              ElementsAre(testing::AllOf(HasSubstr("byte 0xFC at position "), HasSubstr("UTF-8"))));
  const auto right = read_back(feed(asterisk16 + "encoding = \"windows-1252\"\n"), latin);
  ASSERT_EQ(right.records.size(), 1u);
  EXPECT_THAT(right.records[0].extra, HasSubstr("Müll"));
  const auto wide = parse_source(
      "schema = \"writ.source/1\"\nname = \"x\"\naccount = \"P\"\nformat = \"asterisk-csv\"\n"
      "encoding = \"UTF-16\"\n",
      "x.toml");
  ASSERT_FALSE(wide);
  EXPECT_THAT(to_text(wide.error()), testing::AllOf(HasSubstr("x.toml:5"), HasSubstr("iconv")));
}

TEST(Pieces, ALineOverAMebibyteIsRefusedAndTheNextOneRead) {
  const auto s = feed(asterisk16);
  const std::string good = asterisk_line("2026-11-20 10:00:00");
  for (const std::size_t step : {4096u, 1u << 22}) {
    const auto r = read_back(s, good + std::string(3u << 20, 'x') + "\n" + good, step);
    EXPECT_EQ(r.records.size(), 2u);
    EXPECT_EQ(r.records.back().line, 3u);
    EXPECT_THAT(r.problems, ElementsAre(HasSubstr("2: longer than 1 MiB")));
  }
}

TEST(Pieces, HowTheStreamIsCutChangesNothing) {
  const auto s = feed(asterisk16);
  std::string text;
  for (int i = 0; i < 60; ++i) text += asterisk_line(fmt::format("2026-11-20 10:00:{:02}", i));
  const auto whole = read_back(s, text);
  ASSERT_EQ(whole.records.size(), 60u);
  for (const std::size_t step : {1u, 2u, 3u, 61u}) EXPECT_EQ(read_back(s, text, step).records, whole.records);
}

// --- settings

TEST(Sources, AMistakeIsToldAtItsPlaceWithItsCure) {
  const std::string head = "schema = \"writ.source/1\"\nname = \"x\"\naccount = \"P\"\n";
  const std::pair<std::string, std::string> mistakes[] = {
      {"format = \"asterisk\"\n", "write one of: asterisk-csv"},
      {"format = \"asterisk-csv\"\ncolumns = 17\n", "'columns' is 17"},
      {"format = \"asterisk-csv\"\nzone = \"America/Atlanta\"\n", "no time zone"},
      {"format = \"asterisk-csv\"\ncolums = 17\n", "'colums' is not known here"},
      {"format = \"freeswitch-csv\"\ncolumns_template = \"a\"\n", "${uuid}"},
      {"format = \"mapped-csv\"\ntime_format = \"unix\"\n[mapping]\nstart = \"s\"\n",
       "'mapping.caller' is missing"},
      {"format = \"mapped-csv\"\ntime_format = \"iso\"\n[mapping]\nstart = "
       "\"s\"\ncaller=\"a\"\ncalled=\"b\"\nend=\"c\"\n",
       "rfc3339"},
  };
  for (const auto& [text, said] : mistakes) {
    const auto s = parse_source(head + text, "x.toml");
    ASSERT_FALSE(s) << text;
    EXPECT_THAT(to_text(s.error()), testing::AllOf(HasSubstr("x.toml"), HasSubstr(said)));
  }
  EXPECT_FALSE(
      parse_source("schema = \"writ.source/1\"\nname = \"x\"\nformat = \"asterisk-csv\"\n", "x.toml"));
}

// --- rating

TEST(Ratings, TheLongestPrefixDecidesAndNothingIsGuessed) {
  policy::RatingTable t;
  t.emergency = {"911"};
  t.toll_free = {"+1800"};
  t.service = {"411"};
  t.properties = {{"P-1001", {"1404555"}, {"1404", "1770"}}};
  const Rating rating(t);
  const auto of = [&](const char* caller, const char* called, const char* account = "P-1001") {
    Cdr c;
    c.account = account;
    c.caller = caller;
    c.called = called;
    return rating.classify(c);
  };
  using records::CallClass;
  EXPECT_EQ(of("1012", "1013"), CallClass::internal);
  EXPECT_EQ(of("1012", "911"), CallClass::emergency);
  EXPECT_EQ(of("1012", "+911123456789"), CallClass::international);
  EXPECT_EQ(of("1012", "411"), CallClass::service);
  EXPECT_EQ(of("1012", "+18005550123"), CallClass::toll_free);
  EXPECT_EQ(of("1012", "+14045550117"), CallClass::local);
  EXPECT_EQ(of("1012", "+14047770117"), CallClass::local_toll);
  EXPECT_EQ(of("1012", "+12125550117"), CallClass::long_distance);
  EXPECT_EQ(of("1012", "+442079460000"), CallClass::international);
  EXPECT_EQ(of("+12125550117", "1012"), CallClass::long_distance);
  EXPECT_EQ(of("+12125550117", "+14045550102"), CallClass::long_distance);
  EXPECT_EQ(of("+14045550102", "+14045550117"), CallClass::local);
  EXPECT_EQ(of("1012", "+14045550117", "P-2"), CallClass::unknown);
  EXPECT_EQ(of("anonymous", "5550117"), CallClass::unknown);
}

}  // namespace
}  // namespace writ::ingest
