# SPDX-License-Identifier: GPL-3.0-or-later
"""Family A: federal forms and letters in Liberation fonts. The reader was built with these in view. All of it is fictional."""

SERIF, SANS, MONO = "Liberation Serif", "Liberation Sans", "Liberation Mono"
CARRIER = ["Lighthouse Hospitality Voice", "Legal Response Desk", "1 Lighthouse Quay, Harborview, GA 30001"]
ALL_SIX = ["items.subscriber-name", "items.subscriber-address", "items.subscriber-calls", "items.subscriber-service",
           "items.subscriber-number", "items.subscriber-payment"]
SIX_LINES = ["(a) name;", "(b) address;", "(c) local and long distance telephone connection records, or records of session times and durations;",
             "(d) length of service (including start date) and types of service utilized;",
             "(e) telephone or instrument number or other subscriber number or identity, including any temporarily assigned network address; and",
             "(f) means and source of payment for such service (including any credit card or bank account number)."]


def truth(kind, subjects=(), items=(), **fields):
    f = {k.replace("__", "."): v for k, v in fields.items()}
    f["kind"] = kind
    f["subjects"] = sorted(subjects)
    f.update({i: "yes" for i in items})
    return f


def caption(p, court, district, y=60):
    p.font(SERIF, 16, bold=True).text(306, y, court, "center")
    p.font(SERIF, 11).text(306, y + 16, "for the", "center")
    return p.text(306, y + 31, district, "center") + 10


def footer(p, n, m):
    p.font(SERIF, 9).text(306, 770, f"Page {n} of {m}", "center")


def grand_jury(new_page):
    p = new_page()
    p.font(SERIF, 8).text(54, 36, "AO 110 (Rev. 06/09) Subpoena to Testify Before a Grand Jury")
    y = caption(p, "UNITED STATES DISTRICT COURT", "Northern District of Georgia")
    p.font(SERIF, 14, bold=True).text(306, y + 14, "SUBPOENA TO TESTIFY BEFORE A GRAND JURY", "center")
    p.font(SERIF, 11).text(54, y + 36, "Subpoena No. GJ-26-0417")
    y = p.lines(54, y + 56, ["To:  Custodian of Records"] + ["       " + c for c in CARRIER]) + 10
    y = p.para(54, y, 504, "YOU ARE COMMANDED to appear in this United States district court at the time, date, and place shown below to "
               "testify before the court's grand jury. When you arrive, you must remain at the court until the judge or a court officer "
               "allows you to leave.", 24) + 8
    p.box(54, y, 504, 62)
    p.rule(306, y, 306, y + 62)
    p.lines(60, y + 14, ["Place:  75 Courthouse Square, Room 1200", "           Harborview, GA 30001"])
    p.lines(312, y + 14, ["Date and Time:", "April 16, 2026 at 9:30 a.m."])
    y += 80
    y = p.para(54, y, 504, "You must also bring with you the following documents, electronically stored information, or objects: "
               "for telephone number (404) 555-0142 and for the period January 1, 2026 through February 28, 2026, the following "
               "records of the customer or subscriber, pursuant to 18 U.S.C. § 2703(c)(2):", 24) + 2
    for line in SIX_LINES:
        y = p.para(84, y, 460, line)
    p.stamp(430, 92, ["RECEIVED", "MAR 19 2026", "LEGAL RESPONSE"], -12)
    y += 16
    p.text(54, y, "Date:  March 17, 2026")
    p.signature(330, y + 26)
    p.font(SERIF, 10, italic=True)
    p.text(300, y, "CLERK OF COURT")
    p.rule(300, y + 30, 540)
    p.text(330, y + 42, "Signature of Clerk or Deputy Clerk")
    p.font(SERIF, 11)
    y = p.para(54, y + 66, 504, "The name, address, e-mail, and telephone number of the United States attorney, or assistant United States "
               "attorney, who requests this subpoena, are:") + 2
    p.lines(72, y, ["Rowan Ashgrove, Assistant United States Attorney", "United States Attorney's Office, Northern District of Georgia",
                    "600 Federal Plaza, Harborview, GA 30002", "rowan.ashgrove@usao-ndga.example      (404) 555-0110"])
    footer(p, 1, 1)
    return truth("grand-jury-subpoena", ["number +14045550142"], ALL_SIX, instrument="GJ-26-0417",
                 court="United States District Court for the Northern District of Georgia", issuer_title="Clerk of Court", issued="2026-03-17",
                 return_by="2026-04-16T09:30", statute="18 USC 2703(c)(2)", signed="yes", records_from="2026-01-01", records_until="2026-02-28",
                 requester__name="Rowan Ashgrove", requester__agency="United States Attorney's Office, Northern District of Georgia",
                 requester__email="rowan.ashgrove@usao-ndga.example", requester__phone="+14045550110",
                 requester__return_address="600 Federal Plaza, Harborview, GA 30002", pages="1 of 1")


def administrative(new_page):
    p = new_page()
    p.seal(90, 76, 26)
    p.font(SANS, 14, bold=True).text(340, 62, "FEDERAL BUREAU OF POSTAL REVENUE", "center")
    p.font(SANS, 10).text(340, 78, "Office of Investigations, Southeast Field Division", "center")
    p.text(340, 91, "2200 Example Parkway, Suite 400, Atlanta, GA 30303", "center")
    p.font(SANS, 15, bold=True).text(306, 136, "ADMINISTRATIVE SUBPOENA", "center")
    p.font(SANS, 10)
    p.box(54, 150, 504, 54)
    p.rule(306, 150, 306, 204)
    p.lines(60, 164, ["In the Matter of:", "Investigation of mail fraud"])
    p.lines(312, 164, ["Subpoena Number: AS-2026-00871", "Case Number: 26-AT-11903"])
    y = p.lines(54, 224, ["TO: Lighthouse Hospitality Voice", "ATTN: Custodian of Records", "1 Lighthouse Quay, Harborview, GA 30001"]) + 8
    y = p.para(54, y, 504, "By the authority vested in me under 18 U.S.C. § 3486(a)(1), you are hereby required to produce the records described "
               "below to Special Agent Morgan Lindqvist, on or before May 4, 2026.") + 8
    p.font(SANS, 10, bold=True)
    y = p.text(54, y, "RECORDS TO BE PRODUCED")
    p.font(SANS, 10)
    y = p.para(54, y, 504, "For account number HB-1001 and telephone numbers 404-555-0123 and 404-555-0124, for the period from 11/01/2025 to "
               "01/31/2026:") + 2
    y = p.lines(72, y, ["1. Subscriber name and address", "2. Length of service, including the date on which service began",
                        "3. Means and source of payment, including any credit card number",
                        "4. Call detail records of incoming and outgoing calls"]) + 12
    y = p.para(54, y, 504, "Failure to comply with this subpoena may be enforced in the United States District Court. Please do not disclose the "
               "existence of this request without first speaking with the agent named above.") + 20
    p.signature(70, y + 18)
    p.rule(54, y + 22, 270)
    p.lines(54, y + 34, ["Avery Thornfield", "Special Agent in Charge"])
    p.text(330, y + 34, "Issued: April 13, 2026")
    y += 66
    p.box(54, y, 504, 92)
    p.font(SANS, 10, bold=True).text(60, y + 14, "Return the records to:")
    p.font(SANS, 10)
    p.pairs(60, y + 28, 150, [("Agent:", "Morgan Lindqvist"), ("Badge No.:", "4471"), ("Telephone:", "404-555-0161"), ("Fax:", "404-555-0162"),
                              ("E-mail:", "m.lindqvist@fbpr.example")])
    p.stamp(420, 250, ["RECEIVED BY FAX", "APR 14 2026"], 6)
    footer(p, 1, 1)
    return truth("administrative-subpoena", ["account HB-1001", "number +14045550123", "number +14045550124"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-service", "items.subscriber-payment", "items.subscriber-calls"],
                 instrument="AS-2026-00871", issuer="Avery Thornfield", issuer_title="Special Agent in Charge", issued="2026-04-13",
                 return_by="2026-05-04", statute="18 USC 3486(a)(1)", signed="yes", records_from="2025-11-01", records_until="2026-01-31",
                 requester__name="Morgan Lindqvist", requester__badge="4471", requester__agency="Federal Bureau of Postal Revenue",
                 requester__phone="+14045550161", requester__fax="+14045550162", requester__email="m.lindqvist@fbpr.example",
                 requester__return_address="2200 Example Parkway, Suite 400, Atlanta, GA 30303", pages="1 of 1")


def summons(new_page):
    p = new_page()
    p.font(SERIF, 12, bold=True)
    p.lines(306, 60, ["IN THE SUPERIOR COURT OF EXAMPLE COUNTY", "STATE OF GEORGIA"], "center")
    p.font(SERIF, 11)
    p.lines(54, 110, ["STATE OF GEORGIA,", "          Plaintiff,", "v.", "PORT EXAMPLE LODGE, INC.,", "          Defendant."])
    for i in range(6):
        p.text(300, 108 + i * 13, ")")
    p.lines(330, 125, ["Civil Action File No. 2026-CV-3318", "JUDICIAL SUMMONS"])
    y = p.lines(54, 210, ["TO:  Lighthouse Hospitality Voice, 1 Lighthouse Quay, Harborview, GA 30001"]) + 10
    y = p.para(54, y, 504, "You are hereby summoned and required to furnish to the clerk of this court, on or before June 1, 2026, at 10:00 a.m., the name "
               "of the subscriber served at 410 Harbor Road, Port Example, GA 30410, and the name of the tenant of extension 214 at that "
               "property, for the period of March 2, 2026 to March 9, 2026. This summons is issued under O.C.G.A. § 24-13-21.", 24) + 20
    p.text(54, y, "This 11th day of May, 2026.")
    p.signature(330, y + 40)
    p.rule(310, y + 44, 540)
    p.lines(310, y + 57, ["Ellis Marchbanks", "Judge, Superior Court of Example County"])
    y += 110
    y = p.text(54, y, "Requested by:")
    p.lines(54, y, ["Detective Quinn Halloway, Badge 2290", "Example County Sheriff's Office", "12 Sheriff Way, Port Example, GA 30411",
                    "Phone (912) 555-0133    Fax (912) 555-0134"])
    p.stamp(360, 640, ["FILED IN OFFICE", "MAY 11 2026", "CLERK OF COURT"], -8)
    footer(p, 1, 1)
    return truth("judicial-summons", ["street-address 410|Harbor Road|Port Example|GA|30410", "extension 214"],
                 ["items.subscriber-name", "items.tenant-name"], instrument="2026-CV-3318", court="Superior Court of Example County",
                 issuer="Ellis Marchbanks", issuer_title="Judge, Superior Court of Example County", issued="2026-05-11",
                 return_by="2026-06-01T10:00", statute="O.C.G.A. 24-13-21", signed="yes", records_from="2026-03-02", records_until="2026-03-09",
                 requester__name="Quinn Halloway", requester__badge="2290", requester__agency="Example County Sheriff's Office",
                 requester__phone="+19125550133", requester__fax="+19125550134",
                 requester__return_address="12 Sheriff Way, Port Example, GA 30411", pages="1 of 1")


def order_2703d(new_page):
    p = new_page()
    y = caption(p, "UNITED STATES DISTRICT COURT", "Middle District of Florida")
    p.font(SERIF, 11)
    p.lines(54, y + 10, ["IN RE APPLICATION OF THE", "UNITED STATES OF AMERICA FOR", "AN ORDER PURSUANT TO", "18 U.S.C. § 2703(d)"])
    p.text(330, y + 10, "Misc. No. 8:26-mj-1544")
    p.text(330, y + 36, "Filed Under Seal")
    p.font(SERIF, 13, bold=True).text(306, y + 84, "ORDER", "center")
    p.font(SERIF, 11)
    y += 106
    y = p.para(54, y, 504, "The United States has submitted an application pursuant to 18 U.S.C. § 2703(d), requesting that the Court issue an order "
               "requiring Lighthouse Hospitality Voice, a provider of voice service, to disclose the records and other information described in "
               "Attachment A to this Order.", 24) + 4
    y = p.para(54, y, 504, "The Court finds that the United States has offered specific and articulable facts showing that there are reasonable grounds to "
               "believe that the records or other information sought are relevant and material to an ongoing criminal investigation.", 24) + 4
    y = p.para(54, y, 504, "IT IS THEREFORE ORDERED, pursuant to 18 U.S.C. § 2703(d), that the provider shall, within ten days of the date of this Order and "
               "no later than July 6, 2026, disclose to the United States the records and other information described in Attachment A.", 24) + 4
    y = p.para(54, y, 504, "IT IS FURTHER ORDERED under 18 U.S.C. § 2705(b) that the provider shall not disclose the existence of this Order until "
               "December 31, 2026.", 24) + 20
    p.text(54, y, "Date: June 22, 2026")
    p.signature(340, y + 14)
    p.rule(320, y + 18, 540)
    p.lines(320, y + 31, ["Sidney Farrowdale", "United States Magistrate Judge"])
    footer(p, 1, 2)
    q = new_page()
    q.font(SERIF, 13, bold=True).text(306, 70, "ATTACHMENT A", "center")
    q.font(SERIF, 11)
    y = q.para(54, 100, 504, "I. The Account. This Order applies to telephone number 813-555-0177 and to the guest registered in extension 305 of the "
               "property at 88 Seaward Avenue, Tampa, FL 33601, during the period May 1, 2026 through May 31, 2026.") + 6
    y = q.para(54, y, 504, "II. Records and Other Information to Be Disclosed. The following information about the subscriber of the account:") + 2
    y = q.lines(72, y, ["1. Names", "2. Addresses, including business addresses", "3. Length of service and types of service", "4. Social Security number",
                        "5. Call detail records"]) + 6
    y = q.para(54, y, 504, "and the following about the guest: name of the guest, and call detail records of the guest's extension.") + 20
    y = q.text(54, y, "Responses shall be sent to:")
    q.lines(54, y, ["Special Agent Harper Winslade, Badge 7718", "Department of Interior Commerce, Tampa Field Office", "901 Bayfront Drive, Tampa, FL 33602",
                    "Tel. 813-555-0150   Fax 813-555-0151", "harper.winslade@doic.example"])
    footer(q, 2, 2)
    return truth("court-order", ["number +18135550177", "extension 305", "street-address 88|Seaward Avenue|Tampa|FL|33601"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-service", "items.subscriber-ssn",
                  "items.subscriber-calls", "items.tenant-name", "items.tenant-calls"],
                 instrument="8:26-mj-1544", court="United States District Court for the Middle District of Florida", issuer="Sidney Farrowdale",
                 issuer_title="United States Magistrate Judge", issued="2026-06-22", return_by="2026-07-06", statute="18 USC 2703(d)", signed="yes",
                 records_from="2026-05-01", records_until="2026-05-31", non_disclosure_until="2026-12-31",
                 requester__name="Harper Winslade", requester__badge="7718", requester__agency="Department of Interior Commerce, Tampa Field Office",
                 requester__phone="+18135550150", requester__fax="+18135550151", requester__email="harper.winslade@doic.example",
                 requester__return_address="901 Bayfront Drive, Tampa, FL 33602", pages="2 of 2")


def warrant(new_page):
    p = new_page()
    p.font(SERIF, 8).text(54, 36, "AO 93 (Rev. 11/13) Search and Seizure Warrant")
    y = caption(p, "UNITED STATES DISTRICT COURT", "Southern District of Georgia")
    p.font(SERIF, 11)
    p.lines(54, y + 8, ["In the Matter of the Search of", "Information associated with telephone number", "912-555-0108 held by Lighthouse Hospitality Voice"])
    p.text(360, y + 22, "Case No. 4:26-mj-00093")
    p.font(SERIF, 14, bold=True).text(306, y + 66, "SEARCH AND SEIZURE WARRANT", "center")
    p.font(SERIF, 11)
    y += 90
    y = p.text(54, y, "To:  Any authorized law enforcement officer")
    y = p.para(54, y + 4, 504, "An application by a federal law enforcement officer requests the search of the records of Lighthouse Hospitality Voice, 1 Lighthouse "
               "Quay, Harborview, GA 30001, under 18 U.S.C. § 2703(a), for the telephone number 912-555-0108.", 24) + 4
    y = p.para(54, y, 504, "The items to be disclosed are: subscriber name; subscriber address; tenant name; tenant address; call detail records; and voicemail "
               "messages stored for the number, for the period 12 February 2026 through 20 February 2026.", 24) + 4
    y = p.para(54, y, 504, "YOU ARE COMMANDED to execute this warrant on or before March 30, 2026 in the daytime 6:00 a.m. to 10:00 p.m.", 24) + 24
    p.text(54, y, "Date and time issued:  March 16, 2026 2:15 pm")
    p.signature(350, y + 4)
    p.rule(330, y + 8, 550)
    p.font(SERIF, 9, italic=True).text(400, y + 19, "Judge's signature")
    p.font(SERIF, 11)
    y += 44
    p.text(54, y, "City and state:  Savannah, Georgia")
    p.text(330, y, "Blair Pemberwick, United States Magistrate Judge")
    p.rule(330, y + 4, 560)
    p.font(SERIF, 9, italic=True).text(400, y + 15, "Printed name and title")
    p.font(SERIF, 11)
    y += 44
    p.lines(54, y, ["Officer: Special Agent Devon Carrick", "Badge number: 1186", "Agency: Coastal Revenue Investigations", "Telephone: (912) 555-0170",
                    "Facsimile: (912) 555-0171", "E-mail: d.carrick@cri.example", "Return address: 7 Custom House Lane, Savannah, GA 31401"])
    footer(p, 1, 1)
    return truth("search-warrant", ["number +19125550108"],
                 ["items.subscriber-name", "items.subscriber-address", "items.tenant-name", "items.tenant-address", "items.subscriber-calls",
                  "items.stored-content"],
                 instrument="4:26-mj-00093", court="United States District Court for the Southern District of Georgia", issuer="Blair Pemberwick",
                 issuer_title="United States Magistrate Judge", issued="2026-03-16", return_by="2026-03-30", statute="18 USC 2703(a)", signed="yes",
                 records_from="2026-02-12", records_until="2026-02-20", requester__name="Devon Carrick", requester__badge="1186",
                 requester__agency="Coastal Revenue Investigations", requester__phone="+19125550170", requester__fax="+19125550171",
                 requester__email="d.carrick@cri.example", requester__return_address="7 Custom House Lane, Savannah, GA 31401", pages="1 of 1")


def letterhead(p, name, address, contact):
    p.font(SANS, 15, bold=True).text(306, 56, name, "center")
    p.font(SANS, 9)
    p.text(306, 70, address, "center")
    p.text(306, 82, contact, "center")
    p.rule(54, 90, 558)
    p.font(SERIF, 11)


def preservation(new_page):
    p = new_page()
    letterhead(p, "EXAMPLE COUNTY SHERIFF'S OFFICE", "12 Sheriff Way, Port Example, GA 30411", "Telephone (912) 555-0133   Facsimile (912) 555-0134")
    y = p.text(54, 116, "August 3, 2026") + 8
    y = p.lines(54, y, ["VIA FACSIMILE"] + CARRIER) + 8
    p.font(SERIF, 11, bold=True)
    y = p.text(54, y, "Re: Preservation Request, our reference PR-2026-118")
    p.font(SERIF, 11)
    y = p.text(54, y + 6, "Dear Custodian of Records:") + 4
    y = p.para(54, y, 504, "I am writing to make a formal request for the preservation of records and other evidence pursuant to 18 U.S.C. § 2703(f) pending "
               "further legal process. You are hereby requested to preserve, for a period of 90 days, the records described below currently in your "
               "possession, including subscriber name and address and call detail records, in relation to the following number: 912-555-0155.") + 6
    y = p.para(54, y, 504, "The request covers records of the period July 1, 2026 to July 31, 2026. Please do not disclose this request.") + 16
    y = p.text(54, y, "Sincerely,")
    p.signature(60, y + 26)
    p.lines(54, y + 44, ["Reese Underbrook", "Investigator, Badge No. 3047", "Example County Sheriff's Office", "Direct: (912) 555-0135",
                         "r.underbrook@ecso.example"])
    footer(p, 1, 1)
    return truth("preservation", ["number +19125550155"],
                 ["items.subscriber-name", "items.subscriber-address", "items.subscriber-calls"], instrument="PR-2026-118", issuer="Reese Underbrook",
                 issuer_title="Investigator", issued="2026-08-03", statute="18 USC 2703(f)", signed="yes", records_from="2026-07-01",
                 records_until="2026-07-31", requester__name="Reese Underbrook", requester__badge="3047",
                 requester__agency="Example County Sheriff's Office", requester__phone="+19125550135", requester__fax="+19125550134",
                 requester__email="r.underbrook@ecso.example", requester__return_address="12 Sheriff Way, Port Example, GA 30411", pages="1 of 1")


def emergency(new_page):
    p = new_page()
    letterhead(p, "PORT EXAMPLE POLICE DEPARTMENT", "300 Main Street, Port Example, GA 30410", "Tel. 912-555-0120   Fax 912-555-0121")
    p.font(SERIF, 13, bold=True).text(306, 116, "EMERGENCY DISCLOSURE REQUEST", "center")
    p.font(SERIF, 11)
    y = p.lines(54, 144, ["Date: September 9, 2026", "Incident number: 26-09-4410", "To: Lighthouse Hospitality Voice"]) + 6
    y = p.para(54, y, 504, "This agency requests the voluntary disclosure of information under 18 U.S.C. § 2702(c)(4) because an emergency involving immediate "
               "danger of death or serious physical injury to a person requires disclosure without delay.") + 8
    nature = "A kidnapped child is believed to be held in a guest room of the hotel."
    circumstances = ("The caller threatened at 01:40 this morning to harm the child within the hour, calling from the number below. Waiting for an order "
                     "would take until the morning.")
    y = p.para(54, y, 504, "Nature of the emergency: " + nature) + 6
    y = p.para(54, y, 504, "Circumstances: " + circumstances) + 6
    y = p.para(54, y, 504, "Information requested: subscriber name, subscriber address and tenant name for telephone number 912-555-0188, extension 117.") + 20
    p.signature(60, y + 16)
    p.rule(54, y + 20, 260)
    p.lines(54, y + 33, ["Sergeant Marlow Keating", "Badge: 512", "Call back: 912-555-0122", "E-mail: m.keating@pepd.example"])
    p.stamp(360, 560, ["URGENT"], -15)
    footer(p, 1, 1)
    return truth("emergency-disclosure", ["number +19125550188", "extension 117"],
                 ["items.subscriber-name", "items.subscriber-address", "items.tenant-name"], instrument="26-09-4410", issuer="Marlow Keating",
                 issuer_title="Sergeant", issued="2026-09-09", statute="18 USC 2702(c)(4)", signed="yes", nature=nature, circumstances=circumstances,
                 danger_to_person="yes", requester__name="Marlow Keating", requester__badge="512", requester__agency="Port Example Police Department",
                 requester__phone="+19125550122", requester__fax="+19125550121", requester__email="m.keating@pepd.example",
                 requester__return_address="300 Main Street, Port Example, GA 30410", pages="1 of 1")


def pen_trap(new_page):
    p = new_page()
    y = caption(p, "UNITED STATES DISTRICT COURT", "Northern District of Georgia")
    p.font(SERIF, 11)
    p.lines(54, y + 8, ["IN THE MATTER OF THE APPLICATION", "FOR AN ORDER AUTHORIZING THE", "INSTALLATION AND USE OF A PEN REGISTER", "AND TRAP AND TRACE DEVICE"])
    p.text(340, y + 22, "No. 1:26-mc-00288")
    p.font(SERIF, 13, bold=True).text(306, y + 84, "ORDER", "center")
    p.font(SERIF, 11)
    y += 106
    y = p.para(54, y, 504, "This matter comes before the Court pursuant to an application under 18 U.S.C. § 3122, requesting an order under 18 U.S.C. § 3123 authorizing "
               "the installation and use of a pen register and a trap and trace device on telephone number 404-555-0136.", 24) + 4
    y = p.para(54, y, 504, "IT IS ORDERED, pursuant to 18 U.S.C. § 3123, that agents of the Southeast Narcotics Task Force may install and use the devices for a period "
               "of sixty days, from October 5, 2026 to December 3, 2026. The offense under investigation is conspiracy to distribute.", 24) + 20
    p.text(54, y, "SO ORDERED this 2nd day of October, 2026.")
    p.signature(340, y + 36)
    p.rule(320, y + 40, 540)
    p.lines(320, y + 53, ["Dana Holloworth", "United States Magistrate Judge"])
    y += 110
    p.lines(54, y, ["Agent: Special Agent Casey Brightwell", "Badge No. 6620", "Agency: Southeast Narcotics Task Force", "Telephone: 404-555-0180",
                    "Fax: 404-555-0181", "Address: 44 Foundry Street, Atlanta, GA 30310"])
    footer(p, 1, 3)
    footer(new_page(), 2, 3)
    q = new_page()
    q.font(SERIF, 12, bold=True).text(306, 70, "CERTIFICATION OF THE ATTORNEY FOR THE GOVERNMENT", "center")
    q.font(SERIF, 11)
    q.para(54, 96, 504, "I certify that the information likely to be obtained is relevant to an ongoing criminal investigation being conducted by the agency named "
           "in the order.")
    footer(q, 3, 3)
    return truth("pen-trap", ["number +14045550136"], [], instrument="1:26-mc-00288",
                 court="United States District Court for the Northern District of Georgia", issuer="Dana Holloworth",
                 issuer_title="United States Magistrate Judge", issued="2026-10-02", statute="18 USC 3123", signed="yes", records_from="2026-10-05",
                 records_until="2026-12-03", requester__name="Casey Brightwell", requester__badge="6620",
                 requester__agency="Southeast Narcotics Task Force", requester__phone="+14045550180", requester__fax="+14045550181",
                 requester__return_address="44 Foundry Street, Atlanta, GA 30310", pages="2 of 3, missing 2")


def wiretap(new_page):
    p = new_page()
    p.font(SERIF, 12, bold=True)
    p.lines(306, 56, ["SUPERIOR COURT OF EXAMPLE COUNTY", "STATE OF GEORGIA"], "center")
    p.text(306, 100, "ORDER AUTHORIZING THE INTERCEPTION OF WIRE COMMUNICATIONS", "center")
    p.font(SERIF, 11)
    p.text(54, 128, "Order No. 26-W-0451")
    y = p.para(54, 150, 504, "Application having been made before me under 18 U.S.C. § 2516(2), the Court finds probable cause and ORDERS, pursuant to 18 U.S.C. § 2518, that "
               "the Example County District Attorney is authorized to intercept wire communications to and from telephone number 912-555-0140.", 24) + 4
    y = p.para(54, y, 504, "Interception shall begin on November 2, 2026 and shall terminate upon attainment of the authorized objective, or in any event on "
               "December 1, 2026.", 24) + 4
    y = p.para(54, y, 504, "Particular offense: extortion. Interception shall be conducted in such a way as to minimize the interception of communications not "
               "otherwise subject to interception.", 24) + 20
    p.text(54, y, "Entered: October 30, 2026")
    p.signature(330, y + 20)
    p.rule(310, y + 24, 540)
    p.lines(310, y + 37, ["Ellis Marchbanks", "Judge of the Superior Court"])
    y += 90
    p.lines(54, y, ["Officer: Detective Quinn Halloway, Badge 2290", "Example County Sheriff's Office", "12 Sheriff Way, Port Example, GA 30411",
                    "Phone: (912) 555-0133", "Fax: (912) 555-0134"])
    footer(p, 1, 1)
    return truth("wiretap", ["number +19125550140"], [], instrument="26-W-0451", court="Superior Court of Example County", issuer="Ellis Marchbanks",
                 issuer_title="Judge of the Superior Court", issued="2026-10-30", statute="18 USC 2518", signed="yes", records_from="2026-11-02",
                 records_until="2026-12-01", requester__name="Quinn Halloway", requester__badge="2290",
                 requester__agency="Example County Sheriff's Office", requester__phone="+19125550133", requester__fax="+19125550134",
                 requester__return_address="12 Sheriff Way, Port Example, GA 30411", pages="1 of 1")


def ncmec(new_page):
    p = new_page()
    letterhead(p, "CHILD PROTECTION CLEARINGHOUSE", "50 Beacon Terrace, Alexandria, VA 22310", "Telephone 703-555-0100   Fax 703-555-0101")
    y = p.lines(54, 116, ["February 6, 2026", "CyberTipline Report No. 88120457"]) + 8
    y = p.lines(54, y, CARRIER) + 8
    y = p.para(54, y, 504, "This notice concerns a report under 18 U.S.C. § 2258A. The contents of the report, and the records of subscriber name and call detail "
               "records for telephone number 912-555-0199 for January 20, 2026 through January 22, 2026, are to be preserved for one year.") + 20
    p.text(54, y, "Sincerely,")
    p.rule(54, y + 40, 260)
    p.lines(54, y + 53, ["Lennox Abernethy", "Analyst, Exploited Children Division", "l.abernethy@cpc.example"])
    footer(p, 1, 1)
    return truth("ncmec-report", ["number +19125550199"], ["items.subscriber-name", "items.subscriber-calls"], instrument="88120457",
                 issuer="Lennox Abernethy", issuer_title="Analyst, Exploited Children Division", issued="2026-02-06", statute="18 USC 2258A", signed="no",
                 records_from="2026-01-20", records_until="2026-01-22", requester__name="Lennox Abernethy",
                 requester__agency="Child Protection Clearinghouse", requester__phone="+17035550100", requester__fax="+17035550101",
                 requester__email="l.abernethy@cpc.example", requester__return_address="50 Beacon Terrace, Alexandria, VA 22310", pages="1 of 1")


documents = [
    ("grand-jury-subpoena", grand_jury, {"skew": 0.9, "noise": 1.0}),
    ("administrative-subpoena", administrative, {"skew": -1.3, "noise": 1.0}),
    ("judicial-summons", summons, {"skew": 0.4, "noise": 1.3}),
    ("court-order", order_2703d, {"skew": -0.7, "noise": 1.0}),
    ("search-warrant", warrant, {"skew": 1.6, "noise": 0.8}),
    ("preservation-letter", preservation, {"skew": -0.3, "noise": 1.2}),
    ("emergency-letter", emergency, {"skew": 2.1, "noise": 1.0}),
    ("pen-trap-order", pen_trap, {"skew": -1.0, "noise": 1.0, "lost": [2]}),
    ("wiretap-order", wiretap, {"skew": 0.6, "noise": 1.4}),
    ("ncmec-report", ncmec, {"skew": -1.8, "noise": 0.9}),
]
