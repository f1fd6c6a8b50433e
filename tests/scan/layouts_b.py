# SPDX-License-Identifier: GPL-3.0-or-later
"""Family B, held out: other fonts, labels, order and letterheads than family A; written and committed before the reader was tuned. Used only for measuring:
do not look at a failure of one of these documents and then change the reader for it. All of it is fictional."""
from layouts_a import truth

SCHOOL, CALIBRI, COURIER, HELV, PALATINO, CAMBRIA, BOOKMAN = "C059", "Carlito", "Courier Prime", "Nimbus Sans", "P052", "Caladea", "URW Bookman"


def grand_jury(new_page):
    p = new_page()
    p.font(SCHOOL, 12, bold=True)
    p.lines(306, 64, ["COMMONWEALTH OF VIRGINIA", "CIRCUIT COURT OF SAMPLE COUNTY"], "center")
    p.font(SCHOOL, 13, bold=True).text(306, 112, "GRAND JURY SUBPOENA DUCES TECUM", "center")
    p.font(SCHOOL, 10.5)
    p.pairs(54, 140, 200, [("Docket No.:", "CR26-00762"), ("Served upon:", "Lighthouse Hospitality Voice, Records Custodian"),
                           ("Date Issued:", "02/09/2026"), ("Compliance Date:", "03/10/2026, 2:00 PM")])
    y = p.para(54, 220, 500, "To the above-named custodian: In the name of the Commonwealth you are commanded to produce to the Grand Jury the following business "
               "records concerning the line (571) 555-0119 for the time frame of December 15, 2025 to January 20, 2026:") + 4
    y = p.lines(76, y, ["1) Subscriber's name", "2) Subscriber's service address", "3) Date service was established", "4) Billing and payment information",
                        "5) Toll records, incoming and outgoing"]) + 8
    y = p.para(54, y, 500, "This process issues under the authority of 18 U.S.C. Section 2703(c)(2) and Va. Code § 19.2-70.3.") + 26
    p.signature(62, y + 10)
    p.rule(54, y + 16, 250)
    p.lines(54, y + 29, ["Imogen Tarrant", "Commonwealth's Attorney"])
    p.stamp(380, y - 10, ["RECEIVED", "FEB 11 2026"], 9)
    y += 84
    p.font(SCHOOL, 10.5, bold=True).text(54, y, "POINT OF CONTACT")
    p.font(SCHOOL, 10.5)
    p.pairs(54, y + 16, 170, [("Investigator", "Theo Wrenfield"), ("Shield No.", "8815"), ("Department", "Sample County Police Department"),
                              ("Mail to", "4 Justice Plaza, Sample City, VA 22190"), ("Phone No.", "571.555.0130"), ("Fax No.", "571.555.0131"),
                              ("Email", "twrenfield@scpd.example")])
    p.font(SCHOOL, 8).text(540, 770, "1 of 1", "right")
    return truth("grand-jury-subpoena", ["number +15715550119"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-service", "items.subscriber-payment", "items.subscriber-calls"],
                 instrument="CR26-00762", court="Circuit Court of Sample County", issuer="Imogen Tarrant", issuer_title="Commonwealth's Attorney",
                 issued="2026-02-09", return_by="2026-03-10T14:00", statute="18 USC 2703(c)(2)", signed="yes", records_from="2025-12-15",
                 records_until="2026-01-20", requester__name="Theo Wrenfield", requester__badge="8815",
                 requester__agency="Sample County Police Department", requester__return_address="4 Justice Plaza, Sample City, VA 22190",
                 requester__phone="+15715550130", requester__fax="+15715550131", requester__email="twrenfield@scpd.example", pages="1 of 1")


def administrative(new_page):
    p = new_page()
    p.font(CALIBRI, 16, bold=True).text(54, 60, "STATE BUREAU OF CONSUMER PROTECTION")
    p.font(CALIBRI, 10).text(54, 75, "118 Granite Street, Concord, NH 03302")
    p.rule(54, 82, 558, width=2)
    p.font(CALIBRI, 14, bold=True).text(54, 106, "Administrative Subpoena for Telephone Records")
    p.font(CALIBRI, 11)
    p.text(558, 106, "Control No. BCP/26/0194", "right")
    y = 124
    p.box(54, y, 504, 100)
    for i in range(1, 4):
        p.rule(54, y + 25 * i, 558)
    p.rule(190, y, 190, y + 100)
    for i, (label, value) in enumerate([("Provider", "Lighthouse Hospitality Voice"), ("Issue date", "July 14, 2026"), ("Due date", "August 4, 2026"),
                                        ("Authority", "RSA 7:6-b; 18 U.S.C. § 2703(c)(2)")]):
        p.text(60, y + 17 + 25 * i, label)
        p.text(198, y + 17 + 25 * i, value)
    y = 250
    y = p.para(54, y, 504, "You are required to furnish the undersigned with the records listed here, for the dates 06/01/2026 - 06/30/2026, regarding account no. "
               "PE-2044 and the telephone line 603-555-0152.") + 6
    y = p.lines(70, y, ["• Name of the account holder", "• Address of the account holder", "• Method of payment, including card or bank account number",
                        "• Telephone number(s) and other identifiers assigned, including IP addresses"]) + 10
    y = p.para(54, y, 504, "The records may be sent by facsimile. Compliance is not burdensome, and no testimony is required.") + 22
    p.text(54, y, "Respectfully,")
    p.signature(58, y + 28)
    p.lines(54, y + 48, ["Calla Northrup", "Chief Investigator"])
    y += 90
    p.rule(54, y, 558)
    p.lines(54, y + 16, ["Questions: Investigator Juno Castlemere, ID# C-114", "Tel: 603-555-0160 | Fax: 603-555-0163 | juno.castlemere@bcp.example"])
    p.font(CALIBRI, 9).text(306, 772, "Page 1/1", "center")
    p.stamp(330, 640, ["FAXED", "JUL 15 2026 09:12"], -4, family="Nimbus Sans")
    return truth("administrative-subpoena", ["account PE-2044", "number +16035550152"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-payment", "items.subscriber-number"],
                 instrument="BCP/26/0194", issuer="Calla Northrup", issuer_title="Chief Investigator", issued="2026-07-14", return_by="2026-08-04",
                 statute="18 USC 2703(c)(2)", signed="yes", records_from="2026-06-01", records_until="2026-06-30",
                 requester__name="Juno Castlemere", requester__badge="C-114", requester__agency="State Bureau of Consumer Protection",
                 requester__return_address="118 Granite Street, Concord, NH 03302", requester__phone="+16035550160", requester__fax="+16035550163",
                 requester__email="juno.castlemere@bcp.example", pages="1 of 1")


def summons(new_page):
    p = new_page()
    p.font(COURIER, 11)
    p.lines(54, 60, ["STATE OF OHIO            )    COURT OF COMMON PLEAS", "                         )  ss", "COUNTY OF SPECIMEN       )    CASE NO. 26 CV 5519"])
    p.font(COURIER, 13, bold=True).text(306, 124, "SUMMONS", "center")
    p.font(COURIER, 11)
    y = p.lines(54, 150, ["TO: LIGHTHOUSE HOSPITALITY VOICE", "    1 LIGHTHOUSE QUAY", "    HARBORVIEW, GA 30001"]) + 8
    y = p.para(54, y, 500, "You are summoned by this Court, under Ohio Rev. Code § 2317.02, to state the name of the subscriber of telephone number "
               "614-555-0147 and the name of the guest who used room extension 612 between April 4, 2026 and April 6, 2026. Your answer is due by "
               "May 15, 2026.") + 14
    y = p.text(54, y, "WITNESS my hand and the seal of said Court") 
    y = p.text(54, y, "Dated: April 24, 2026")
    p.seal(110, y + 60, 34)
    p.signature(330, y + 46)
    p.rule(310, y + 50, 545)
    p.lines(310, y + 64, ["Orla Beckwith", "Clerk of Courts"])
    y += 130
    p.lines(54, y, ["Issued at the request of:", "Sergeant Fenn Darlow, Badge #77", "Specimen County Sheriff", "21 Court Street, Specimen, OH 43004",
                    "(614) 555-0171 (voice)", "(614) 555-0172 (fax)"])
    p.text(306, 770, "- 1 -", "center")
    return truth("judicial-summons", ["number +16145550147", "extension 612"], ["items.subscriber-name", "items.tenant-name"],
                 instrument="26 CV 5519", court="Court of Common Pleas, County of Specimen", issuer="Orla Beckwith", issuer_title="Clerk of Courts",
                 issued="2026-04-24", return_by="2026-05-15", statute="Ohio Rev. Code 2317.02", signed="yes", records_from="2026-04-04",
                 records_until="2026-04-06", requester__name="Fenn Darlow", requester__badge="77", requester__agency="Specimen County Sheriff",
                 requester__return_address="21 Court Street, Specimen, OH 43004", requester__phone="+16145550171", requester__fax="+16145550172")


def order_2703d(new_page):
    p = new_page()
    p.font(CAMBRIA, 12, bold=True)
    p.lines(306, 60, ["IN THE UNITED STATES DISTRICT COURT", "FOR THE WESTERN DISTRICT OF TEXAS", "AUSTIN DIVISION"], "center")
    p.font(CAMBRIA, 11)
    p.lines(54, 120, ["IN THE MATTER OF RECORDS HELD BY", "LIGHTHOUSE HOSPITALITY VOICE"])
    for i in range(3):
        p.text(300, 118 + i * 13, "§")
    p.text(330, 128, "Case Number: A-26-MJ-0338")
    p.font(CAMBRIA, 12, bold=True).text(306, 178, "ORDER UNDER 18 U.S.C. § 2703(d)", "center")
    p.font(CAMBRIA, 11)
    y = p.para(54, 204, 504, "On the application of the United States, the Court having found specific and articulable facts as required by the statute, it is "
               "hereby ORDERED that Lighthouse Hospitality Voice disclose to the applicant the following:", 30) + 4
    y = p.lines(80, y, ["A. The name and address of the subscriber of 512-555-0186;", "B. Length of service;", "C. Records of incoming and outgoing calls of the line;",
                        "D. The name of the registered guest of extension 409, and the", "     call records of that extension."]) + 4
    y = p.para(54, y, 504, "The relevant period runs from 1 August 2026 until 31 August 2026. Responsive records shall be furnished by October 1, 2026.", 30) + 4
    y = p.para(54, y, 504, "Pursuant to 18 U.S.C. § 2705(b), the provider is prohibited from notifying any person of this Order until March 15, 2027.", 30) + 20
    p.text(54, y, "SIGNED on September 16, 2026.")
    p.signature(320, y + 36)
    p.rule(300, y + 42, 550)
    p.lines(300, y + 55, ["Hollis Granby", "U.S. Magistrate Judge"])
    p.font(CAMBRIA, 9).text(306, 772, "Page 1 of 2", "center")
    q = new_page()
    q.font(CAMBRIA, 12, bold=True).text(306, 64, "Return of Records", "center")
    q.font(CAMBRIA, 11)
    q.pairs(54, 96, 190, [("Agent:", "Special Agent Lark Ellsworth"), ("Credential No.:", "TX-5521"), ("Agency:", "Interstate Fraud Bureau"),
                          ("Office address:", "1500 Lavaca Plaza, Austin, TX 78701"), ("Telephone:", "(512) 555-0114"), ("Facsimile:", "(512) 555-0115"),
                          ("E-mail address:", "lark.ellsworth@ifb.example")])
    q.stamp(330, 260, ["CERTIFIED COPY", "CLERK, U.S. DISTRICT COURT"], -7)
    q.font(CAMBRIA, 9).text(306, 772, "Page 2 of 2", "center")
    return truth("court-order", ["number +15125550186", "extension 409"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-service", "items.subscriber-calls", "items.tenant-name",
                  "items.tenant-calls"],
                 instrument="A-26-MJ-0338", court="United States District Court for the Western District of Texas", issuer="Hollis Granby",
                 issuer_title="U.S. Magistrate Judge", issued="2026-09-16", return_by="2026-10-01", statute="18 USC 2703(d)", signed="yes",
                 records_from="2026-08-01", records_until="2026-08-31", non_disclosure_until="2027-03-15", requester__name="Lark Ellsworth",
                 requester__badge="TX-5521", requester__agency="Interstate Fraud Bureau", requester__return_address="1500 Lavaca Plaza, Austin, TX 78701",
                 requester__phone="+15125550114", requester__fax="+15125550115", requester__email="lark.ellsworth@ifb.example", pages="2 of 2")


def warrant(new_page):
    p = new_page()
    p.font(BOOKMAN, 11, bold=True)
    p.lines(306, 58, ["SUPERIOR COURT OF CALIFORNIA", "COUNTY OF PLACEHOLDER"], "center")
    p.font(BOOKMAN, 15, bold=True).text(306, 104, "SEARCH WARRANT", "center")
    p.font(BOOKMAN, 10)
    p.text(558, 104, "Warrant # SW-26-2207", "right")
    y = p.para(54, 130, 504, "THE PEOPLE OF THE STATE OF CALIFORNIA to any peace officer: Proof by affidavit having been made before me that there is probable cause, YOU ARE "
               "DIRECTED TO SEARCH the records of Lighthouse Hospitality Voice, for the property at 77 Ocean Terrace, Placeholder, CA 93400 and phone number "
               "805-555-0166, and to seize the following:") + 4
    y = p.lines(72, y, ["[X] Account holder name and address", "[X] Guest name and guest home address", "[X] Call records",
                        "[X] Voicemail recordings"]) + 4
    y = p.para(54, y, 504, "Dates covered: 10/10/2026 to 10/24/2026. This warrant is issued pursuant to Penal Code § 1546.1. The warrant shall be executed within ten days; "
               "return due no later than November 12, 2026.") + 20
    p.text(54, y, "Given under my hand this 2nd day of November, 2026")
    p.signature(60, y + 40)
    p.rule(54, y + 46, 280)
    p.lines(54, y + 59, ["Honorable Perry Lindenau", "Judge of the Superior Court"])
    y += 104
    p.box(54, y, 504, 86)
    p.lines(60, y + 16, ["AFFIANT: Detective Robin Saltmarsh   SERIAL NO. 40992", "AGENCY: Placeholder Police Department",
                         "ADDRESS: 1 Civic Circle, Placeholder, CA 93401", "TELEPHONE: 805-555-0101   FAX: 805-555-0102",
                         "EMAIL: rsaltmarsh@placeholderpd.example"])
    p.font(BOOKMAN, 9).text(558, 770, "Page 1 of 1", "right")
    p.stamp(400, 500, ["ENDORSED FILED"], -10)
    return truth("search-warrant", ["number +18055550166", "street-address 77|Ocean Terrace|Placeholder|CA|93400"],
                 ["items.subscriber-name", "items.subscriber-address", "items.tenant-name", "items.tenant-address", "items.subscriber-calls",
                  "items.stored-content"],
                 instrument="SW-26-2207", court="Superior Court of California, County of Placeholder", issuer="Perry Lindenau",
                 issuer_title="Judge of the Superior Court", issued="2026-11-02", return_by="2026-11-12", statute="Penal Code 1546.1", signed="yes",
                 records_from="2026-10-10", records_until="2026-10-24", requester__name="Robin Saltmarsh", requester__badge="40992",
                 requester__agency="Placeholder Police Department", requester__return_address="1 Civic Circle, Placeholder, CA 93401",
                 requester__phone="+18055550101", requester__fax="+18055550102", requester__email="rsaltmarsh@placeholderpd.example", pages="1 of 1")


def preservation(new_page):
    p = new_page()
    p.font(PALATINO, 13, bold=True).text(54, 60, "Mock Harbor Police Department")
    p.font(PALATINO, 9.5)
    p.lines(54, 74, ["Major Crimes Unit", "9 Pier Road, Mock Harbor, ME 04101"])
    p.text(558, 60, "Ph: 207-555-0144", "right")
    p.text(558, 74, "Fx: 207-555-0145", "right")
    p.font(PALATINO, 11)
    p.text(54, 124, "12 May 2026")
    p.lines(54, 150, ["Lighthouse Hospitality Voice", "Legal Response Desk"])
    p.font(PALATINO, 11, bold=True)
    p.lines(54, 190, ["SUBJECT: REQUEST TO PRESERVE RECORDS - 18 U.S.C. § 2703(f)", "OUR FILE: MH-26-0931"])
    p.font(PALATINO, 11)
    y = p.para(54, 228, 504, "To Whom It May Concern: Under 18 U.S.C. § 2703(f), please take all necessary steps to preserve the name, address, payment information and call "
               "detail records of the subscriber to 207-555-0190 for calls made between April 20, 2026 and May 10, 2026, pending the issuance of a court order or "
               "other process. The records should be retained for ninety days.") + 8
    y = p.para(54, y, 504, "If you have any questions, please contact me by telephone or e-mail.") + 18
    p.text(54, y, "Very truly yours,")
    p.signature(56, y + 30)
    p.lines(54, y + 50, ["Det. Sage Hartnell (Badge 263)", "shartnell@mhpd.example"])
    p.stamp(350, 640, ["RECEIVED", "MAY 12 2026"], 12)
    return truth("preservation", ["number +12075550190"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-payment", "items.subscriber-calls"], instrument="MH-26-0931",
                 issuer="Sage Hartnell", issued="2026-05-12", statute="18 USC 2703(f)", signed="yes", records_from="2026-04-20", records_until="2026-05-10",
                 requester__name="Sage Hartnell", requester__badge="263", requester__agency="Mock Harbor Police Department",
                 requester__return_address="9 Pier Road, Mock Harbor, ME 04101", requester__phone="+12075550144", requester__fax="+12075550145",
                 requester__email="shartnell@mhpd.example")


def emergency(new_page):
    p = new_page()
    p.font(HELV, 14, bold=True).text(306, 58, "EXIGENT CIRCUMSTANCES REQUEST FORM", "center")
    p.font(HELV, 9).text(306, 72, "Voluntary emergency disclosure, 18 U.S.C. § 2702(c)(4)", "center")
    p.font(HELV, 10)
    rows = [("Requesting agency", "Dummy Falls Police Department"), ("Agency address", "55 Millrace Avenue, Dummy Falls, NY 14300"),
            ("Requesting officer", "Lieutenant Wren Oakhurst"), ("Badge/ID number", "L-19"), ("Telephone", "716-555-0109"), ("Fax", "716-555-0108"),
            ("E-mail", "w.oakhurst@dfpd.example"), ("Date of request", "12/03/2026"), ("Case/Incident #", "DF26-118843"),
            ("Target number", "716-555-0135"), ("Information needed", "Subscriber name and address; guest name")]
    y = 90
    for label, value in rows:
        p.box(54, y, 170, 20)
        p.box(224, y, 334, 20)
        p.text(60, y + 14, label)
        p.text(232, y + 14, value)
        y += 20
    y += 18
    p.font(HELV, 10, bold=True).text(54, y, "Describe the nature of the emergency:")
    p.font(HELV, 10)
    nature = "Suicidal guest reported to have a firearm in the room."
    y = p.para(54, y + 14, 500, nature) + 8
    p.font(HELV, 10, bold=True).text(54, y, "Describe the circumstances and why there is no time for process:")
    p.font(HELV, 10)
    circumstances = "A relative received a call from the hotel at 23:15 and heard a shot. The line is still open and nobody answers."
    y = p.para(54, y + 14, 500, circumstances) + 10
    y = p.para(54, y, 500, "I attest that the above involves an immediate danger of death or serious physical injury to a person.") + 24
    p.text(54, y, "Signature:")
    p.signature(120, y)
    p.rule(110, y + 4, 300)
    p.text(330, y, "Date: 12/03/2026")
    p.font(HELV, 8).text(558, 772, "Form EC-1, page 1 of 1", "right")
    return truth("emergency-disclosure", ["number +17165550135"], ["items.subscriber-name", "items.subscriber-address", "items.tenant-name"],
                 instrument="DF26-118843", issued="2026-12-03", statute="18 USC 2702(c)(4)", signed="yes", nature=nature, circumstances=circumstances,
                 danger_to_person="yes", requester__name="Wren Oakhurst", requester__badge="L-19", requester__agency="Dummy Falls Police Department",
                 requester__return_address="55 Millrace Avenue, Dummy Falls, NY 14300", requester__phone="+17165550109", requester__fax="+17165550108",
                 requester__email="w.oakhurst@dfpd.example", pages="1 of 1")


def pen_trap(new_page):
    p = new_page()
    p.font(SCHOOL, 12, bold=True)
    p.lines(306, 60, ["DISTRICT COURT OF DEMO COUNTY", "STATE OF COLORADO"], "center")
    p.font(SCHOOL, 11)
    p.text(54, 110, "Cause No. 2026-PR-0417")
    p.font(SCHOOL, 12, bold=True)
    p.lines(306, 140, ["ORDER FOR PEN REGISTER AND", "TRAP AND TRACE DEVICE"], "center")
    p.font(SCHOOL, 11)
    y = p.para(54, 180, 504, "THE COURT, upon the certification of the applicant that the information likely to be obtained is relevant to an ongoing criminal investigation, ORDERS "
               "under 18 U.S.C. 3123(a)(2) the use of a pen register and trap and trace device on the line 303-555-0122, listed to Pinecrest Demo Inn, "
               "for sixty (60) days beginning January 12, 2026 and ending March 12, 2026. Offense: racketeering.") + 20
    p.text(54, y, "Done this 9th day of January, 2026.")
    p.text(54, y + 20, "BY THE COURT:")
    p.signature(62, y + 50)
    p.rule(54, y + 56, 270)
    p.lines(54, y + 69, ["Auden Rockwell", "District Judge"])
    y += 130
    p.lines(54, y, ["Return to: Agent Teal Marwood, Shield 309, Demo County Drug Task Force,", "610 Canyon Street, Demo City, CO 80100.",
                    "Office 303-555-0170. Fax 303-555-0171."])
    p.font(SCHOOL, 9).text(306, 772, "Page 1 of 2", "center")
    new_page()
    return truth("pen-trap", ["number +13035550122"], [], instrument="2026-PR-0417", court="District Court of Demo County", issuer="Auden Rockwell",
                 issuer_title="District Judge", issued="2026-01-09", statute="18 USC 3123(a)(2)", signed="yes", records_from="2026-01-12",
                 records_until="2026-03-12", requester__name="Teal Marwood", requester__badge="309", requester__agency="Demo County Drug Task Force",
                 requester__return_address="610 Canyon Street, Demo City, CO 80100", requester__phone="+13035550170", requester__fax="+13035550171",
                 pages="1 of 2, missing 2")


def wiretap(new_page):
    p = new_page()
    p.font(COURIER, 11, bold=True)
    p.lines(54, 60, ["SUPREME COURT OF THE STATE OF NEW YORK", "COUNTY OF TRIAL"])
    p.font(COURIER, 11)
    p.lines(54, 100, ["IN THE MATTER OF AN EAVESDROPPING", "WARRANT FOR TELEPHONE 518-555-0128"])
    p.text(350, 106, "Index No. 26-EW-71")
    p.font(COURIER, 12, bold=True).text(306, 152, "ORDER AUTHORIZING INTERCEPTION", "center")
    p.font(COURIER, 11)
    y = p.para(54, 180, 500, "It appearing from the application that there is probable cause to believe that enterprise corruption is being committed, it is ORDERED under 18 "
               "U.S.C. § 2518 that the Trial County District Attorney may intercept the wire communications of the above telephone, effective "
               "February 3, 2026 through March 4, 2026.") + 18
    p.text(54, y, "Dated: January 30, 2026")
    p.signature(320, y + 30)
    p.rule(300, y + 36, 545)
    p.lines(300, y + 50, ["Hon. Vesper Langdale", "Justice of the Supreme Court"])
    y += 100
    p.lines(54, y, ["Investigator: Arden Colquhoun", "Shield: 1402", "Unit: Trial County District Attorney's Office",
                    "Address: 2 Courthouse Lane, Trial, NY 12200", "Tel.: 518-555-0150", "Fax: 518-555-0151"])
    p.text(545, 770, "Page 1 of 1", "right")
    return truth("wiretap", ["number +15185550128"], [], instrument="26-EW-71", court="Supreme Court of the State of New York, County of Trial",
                 issuer="Vesper Langdale", issuer_title="Justice of the Supreme Court", issued="2026-01-30", statute="18 USC 2518", signed="yes",
                 records_from="2026-02-03", records_until="2026-03-04", requester__name="Arden Colquhoun", requester__badge="1402",
                 requester__agency="Trial County District Attorney's Office", requester__return_address="2 Courthouse Lane, Trial, NY 12200",
                 requester__phone="+15185550150", requester__fax="+15185550151", pages="1 of 1")


def extension(new_page):
    p = new_page()
    p.font(CALIBRI, 14, bold=True).text(306, 58, "OFFICE OF THE DISTRICT ATTORNEY", "center")
    p.font(CALIBRI, 11)
    p.text(306, 73, "Prototype County, 30 Assembly Square, Prototype, PA 17000", "center")
    p.text(306, 87, "Main 717-555-0181 / Fax 717-555-0182", "center")
    p.text(54, 124, "June 29, 2026")
    p.font(CALIBRI, 12, bold=True)
    p.lines(54, 150, ["RE: EXTENSION OF PRESERVATION REQUEST", "Reference Number: PC-26-0055"])
    p.font(CALIBRI, 11)
    y = p.para(54, 190, 504, "Dear Sir or Madam: On April 2, 2026 this office requested the preservation of records of telephone number 717-555-0193. Pursuant to 18 U.S.C. "
               "§ 2703(f)(2), we request that the preservation be extended for an additional 90-day period.") + 18
    p.text(54, y, "Yours faithfully,")
    p.rule(54, y + 44, 250)
    p.lines(54, y + 57, ["Jules Abbotsford", "Assistant District Attorney", "jabbotsford@protoda.example"])
    p.font(CALIBRI, 9).text(306, 772, "Page 1 of 1", "center")
    return truth("extension", ["number +17175550193"], [], instrument="PC-26-0055", issuer="Jules Abbotsford", issuer_title="Assistant District Attorney",
                 issued="2026-06-29", statute="18 USC 2703(f)(2)", signed="no", requester__name="Jules Abbotsford",
                 requester__agency="Office of the District Attorney", requester__phone="+17175550181", requester__fax="+17175550182",
                 requester__email="jabbotsford@protoda.example", requester__return_address="30 Assembly Square, Prototype, PA 17000", pages="1 of 1")


documents = [
    ("grand-jury-subpoena", grand_jury, {"skew": -0.8, "noise": 1.0}),
    ("administrative-subpoena", administrative, {"skew": 1.1, "noise": 1.1}),
    ("judicial-summons", summons, {"skew": -1.7, "noise": 1.0}),
    ("court-order", order_2703d, {"skew": 0.5, "noise": 1.2}),
    ("search-warrant", warrant, {"skew": -0.4, "noise": 1.0}),
    ("preservation-letter", preservation, {"skew": 1.9, "noise": 0.9}),
    ("emergency-form", emergency, {"skew": 0.8, "noise": 1.3}),
    ("pen-trap-order", pen_trap, {"skew": -1.2, "noise": 1.0, "lost": [2]}),
    ("wiretap-order", wiretap, {"skew": 1.4, "noise": 1.0}),
    ("extension-letter", extension, {"skew": -2.0, "noise": 1.0}),
]
