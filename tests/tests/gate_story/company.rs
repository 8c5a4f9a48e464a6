//! The company whose rates are gated: its table, its contracts, its people, and the files that judge a
//! request. All of it is text that the stories change by a line.

/// The file in which the rates are.
pub(crate) const RATES: &str = "rates.csv";

/// A row of the table, column by column as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) service: String,
    pub(crate) region: String,
    pub(crate) segment: String,
    pub(crate) price: String,
    pub(crate) currency: String,
    pub(crate) unit: String,
    pub(crate) tier_from: String,
    pub(crate) tier_to: String,
    pub(crate) tier_mode: String,
    pub(crate) contract: String,
    pub(crate) method: String,
    pub(crate) tax: String,
    pub(crate) cap: String,
    pub(crate) announced: String,
    pub(crate) retroactive: String,
}

/// The columns, in the order of the file.
const HEADER: [&str; 18] = [
    "rate_id",
    "effective_from",
    "effective_to",
    "service_id",
    "region",
    "customer_segment",
    "unit_price",
    "currency",
    "unit",
    "tier_from",
    "tier_to",
    "tier_mode",
    "source_contract_line",
    "method_doc_id",
    "tax_code",
    "cap_price",
    "announced_on",
    "retroactive",
];
/// A column that the profile demands and that this company leaves empty.
const EMPTY: &str = "approved_change_id";

impl Rate {
    fn cells(&self) -> [&str; 18] {
        [
            &self.id,
            &self.from,
            &self.to,
            &self.service,
            &self.region,
            &self.segment,
            &self.price,
            &self.currency,
            &self.unit,
            &self.tier_from,
            &self.tier_to,
            &self.tier_mode,
            &self.contract,
            &self.method,
            &self.tax,
            &self.cap,
            &self.announced,
            &self.retroactive,
        ]
    }
}

/// The table, in the order of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table(pub(crate) Vec<Rate>);

impl Table {
    /// The table of the company: 30 rows of ten services, one of them in three tiers.
    pub(crate) fn of_the_company() -> Self {
        let mut rows = Vec::new();
        for (service, code, unit, [eu, intercompany, us], line) in SERVICES {
            let mut rate = |id: &str, region: &str, segment: &str, price: &str, currency: &str| {
                rows.push(Rate {
                    id: format!("{code}-{id}"),
                    from: midnight("2026-01-01"),
                    service: service.to_owned(),
                    region: region.to_owned(),
                    segment: segment.to_owned(),
                    price: price.to_owned(),
                    currency: currency.to_owned(),
                    unit: unit.to_owned(),
                    // What is bought in euros says nothing of a price in dollars.
                    contract: if currency == "EUR" { line.to_owned() } else { String::new() },
                    method: "M-COST".to_owned(),
                    tax: "S20".to_owned(),
                    cap: if service == "support" { "100".to_owned() } else { String::new() },
                    ..Rate::default()
                });
            };
            rate("EU-R", "eu", "retail", eu, "EUR");
            rate("EU-I", "eu", "intercompany", intercompany, "EUR");
            rate("US-R", "us", "retail", us, "USD");
        }
        for (id, from, to, price) in EGRESS {
            rows.push(Rate {
                id: id.to_owned(),
                from: midnight("2026-01-01"),
                service: "net-egress".to_owned(),
                region: "eu".to_owned(),
                segment: "retail".to_owned(),
                price: price.to_owned(),
                currency: "EUR".to_owned(),
                unit: "GB".to_owned(),
                tier_from: from.to_owned(),
                tier_to: to.to_owned(),
                tier_mode: "graduated".to_owned(),
                method: "M-COST".to_owned(),
                tax: "S20".to_owned(),
                ..Rate::default()
            });
        }
        assert_eq!(rows.len(), 30);
        Self(rows)
    }

    /// The file.
    pub(crate) fn csv(&self) -> String {
        let mut text = format!("{},{EMPTY}\n", HEADER.join(","));
        for rate in &self.0 {
            text.push_str(&rate.cells().join(","));
            text.push_str(",\n");
        }
        text
    }

    /// The same rates as somebody else would write them: rows and columns in another order, quoted, with
    /// zeros behind the prices.
    pub(crate) fn csv_of_another_hand(&self) -> String {
        let mut header: Vec<&str> = HEADER.to_vec();
        header.reverse();
        let mut text = format!("{EMPTY},{}\r\n", header.join(","));
        for rate in self.0.iter().rev() {
            let zeros = if rate.price.contains('.') { "00" } else { ".00" };
            let rate = Rate { price: format!("{}{zeros}", rate.price), ..rate.clone() };
            let mut cells: Vec<String> = Vec::new();
            for cell in rate.cells() {
                // A quoted empty field would be an empty text.
                cells.push(if cell.is_empty() { String::new() } else { format!("\"{cell}\"") });
            }
            cells.reverse();
            text.push_str(&format!(",{}\r\n", cells.join(",")));
        }
        text
    }

    /// The row of a rate that holds without end.
    pub(crate) fn rate(&mut self, id: &str) -> &mut Rate {
        self.0.iter_mut().find(|rate| rate.id == id && rate.to.is_empty()).expect(id)
    }

    /// Ends the rate on a day and lets it go on at another price, in the row below. It is announced, and
    /// changed in nothing else.
    pub(crate) fn step(&mut self, id: &str, price: &str, day: &str) -> &mut Rate {
        let at = self.0.iter().position(|rate| rate.id == id && rate.to.is_empty()).expect(id);
        let next = Rate {
            price: price.to_owned(),
            from: midnight(day),
            announced: "2026-06-09".to_owned(),
            ..self.0[at].clone()
        };
        self.0[at].to = midnight(day);
        self.0.insert(at + 1, next);
        &mut self.0[at + 1]
    }

    /// Ends the rate on a day, from which on a rate of all regions and segments prices what it did. It is
    /// announced, and otherwise the same.
    pub(crate) fn generalised(&mut self, id: &str, general: &str, day: &str) -> &mut Rate {
        let rate = self.rate(id);
        let next = Rate {
            id: general.to_owned(),
            region: String::new(),
            segment: String::new(),
            from: midnight(day),
            announced: "2026-06-09".to_owned(),
            ..rate.clone()
        };
        rate.to = midnight(day);
        self.0.push(next);
        self.0.last_mut().expect("a row")
    }

    /// The line of the file where the row of a rate stands that holds from a day.
    pub(crate) fn line(&self, id: &str, day: &str) -> u64 {
        let is = |rate: &Rate| rate.id == id && rate.from == midnight(day);
        // The header is the first line.
        let found = (2..).zip(&self.0).find(|(_, rate)| is(rate));
        found.unwrap_or_else(|| panic!("{id} {day}")).0
    }
}

/// A day's first instant, as the table has it.
pub(crate) fn midnight(day: &str) -> String {
    format!("{day}T00:00:00Z")
}

/// Service, code, unit, prices (Europe, intercompany, America), line of the contract.
type Service = (&'static str, &'static str, &'static str, [&'static str; 3], &'static str);
/// The services with one price a unit.
pub(crate) const SERVICES: [Service; 9] = [
    ("vm-small", "VMS", "hour", ["0.50", "0.44", "0.55"], "C-7/1"),
    ("vm-large", "VML", "hour", ["2.00", "1.98", "2.20"], "C-7/2"),
    ("disk-ssd", "SSD", "GB-month", ["0.12", "0.11", "0.13"], "C-7/3"),
    ("disk-hdd", "HDD", "GB-month", ["0.06", "0.055", "0.065"], "C-7/4"),
    ("db-small", "DBS", "hour", ["1.20", "1.05", "1.30"], "C-7/5"),
    ("db-large", "DBL", "hour", ["25", "22", "27"], "C-7/6"),
    ("gpu", "GPU", "hour", ["40", "36", "44"], "C-7/7"),
    ("backup", "BAK", "GB-month", ["0.03", "0.027", "0.033"], ""),
    ("support", "SUP", "day", ["90", "80", "95"], ""),
];
/// The tiers of net egress: id, from, to, price.
pub(crate) const EGRESS: [(&str, &str, &str, &str); 3] = [
    ("EGR-1", "0", "100", "0.09"),
    ("EGR-2", "100", "1000", "0.07"),
    ("EGR-3", "1000", "", "0.05"),
];

/// What the services cost the company itself.
pub(crate) const CONTRACTS: &str = "\
contract_id,line_no,vendor,entity,service_id,unit_price,currency,min_commit,term_start,term_end,discount,price_index,po_number
C-7,1,NIMBUS,MER-DE,vm-small,0.40,EUR,,2026-01-01,2029-01-01,,,
C-7,2,NIMBUS,MER-DE,vm-large,1.80,EUR,,2026-01-01,2029-01-01,,,
C-7,3,NIMBUS,MER-DE,disk-ssd,0.10,EUR,,2026-01-01,2029-01-01,,,
C-7,4,NIMBUS,MER-DE,disk-hdd,0.05,EUR,,2026-01-01,2029-01-01,,,
C-7,5,NIMBUS,MER-DE,db-small,1.00,EUR,,2026-01-01,2029-01-01,,,
C-7,6,NIMBUS,MER-DE,db-large,20,EUR,,2026-01-01,2029-01-01,,,
C-7,7,NIMBUS,MER-DE,gpu,33,EUR,,2026-01-01,2029-01-01,,,
";

/// The documents by which prices are set.
pub(crate) const DOCUMENTS: &str = "\
doc_id,version,title,owner,approved_by,approved_at,effective_from,review_due,hash
M-COST,3,How unit prices follow from cost,finance,fiona,2025-11-20T10:00:00Z,2026-01-01,2027-01-01,
";

/// The year's months; the books are closed until May.
pub(crate) fn calendar() -> String {
    let mut text =
        "calendar,period,period_start,period_end,close_date,status,reopened_by\n".to_owned();
    for month in 1..=12 {
        let (year, next) = if month == 12 { (2027, 1) } else { (2026, month + 1) };
        let state = if month <= 5 { "closed" } else { "open" };
        let closed = if month <= 5 { format!("2026-{next:02}-05") } else { String::new() };
        text.push_str(&format!(
            "GROUP,2026-{month:02},2026-{month:02}-01,{year}-{next:02}-01,{closed},{state},\n"
        ));
    }
    text
}

/// Whose the accounts are. Gil, Hana and Ivo act for each other in a circle; nobody answers for the desk.
pub(crate) const ACCOUNTS: &str = "\
account,person,kind,valid_from,valid_to
git:anna@meridian.example,anna,personal,2026-01-01T00:00:00Z,
github:anna-m,anna,personal,2026-01-01T00:00:00Z,
git:gil@meridian.example,gil,personal,2026-01-01T00:00:00Z,
github:ben-k,ben,personal,2026-01-01T00:00:00Z,
gitlab:ben-k,ben,personal,2026-01-01T00:00:00Z,
github:cleo-o,cleo,personal,2026-01-01T00:00:00Z,
cm:Cleo Ortiz,cleo,personal,2026-01-01T00:00:00Z,
github:dan-w,dan,personal,2026-01-01T00:00:00Z,
key:fin,fiona,personal,2026-01-01T00:00:00Z,
github:hana-s,hana,personal,2026-01-01T00:00:00Z,
github:ivo-p,ivo,personal,2026-01-01T00:00:00Z,
github:emil-q,emil,personal,2026-01-01T00:00:00Z,
github:finance-desk,ben,shared,2026-01-01T00:00:00Z,
github:finance-desk,cleo,shared,2026-01-01T00:00:00Z,
";

/// Who holds which role; the approvers' comes to most of them through another.
pub(crate) const GRANTS: &str = "\
user_id,role,scope,granted_at,revoked_at,granted_by,request_id
ben,head-of-finance,,2026-01-01T00:00:00Z,,board,
cleo,controller,,2026-01-01T00:00:00Z,,board,
dan,rate-approver,,2026-01-01T00:00:00Z,,ben,
ben,emergency-approver,,2026-01-01T00:00:00Z,,board,
fiona,controller,,2026-01-01T00:00:00Z,,board,
anna,rate-approver,,2026-01-01T00:00:00Z,,ben,
hana,rate-approver,,2026-01-01T00:00:00Z,,ben,
ivo,rate-approver,,2026-01-01T00:00:00Z,,ben,
emil,engineer,,2026-01-01T00:00:00Z,,ben,
";

/// The heads of finance are controllers, and controllers may approve rates.
pub(crate) const ROLES: &str = "\
role,parent_role,valid_from,valid_to,owner
head-of-finance,controller,2026-01-01,,
controller,rate-approver,2026-01-01,,
engineer,,2026-01-01,,
";

/// A circle of three.
pub(crate) const DELEGATIONS: &str = "\
from_user,to_user,scope,valid_from,valid_to,reason
gil,hana,,2026-01-01T00:00:00Z,,
hana,ivo,,2026-01-01T00:00:00Z,,
ivo,gil,,2026-01-01T00:00:00Z,,
";

/// Emergency changes and their reviews, as the change management exports them. Not in git.
pub(crate) const CHANGES: &str = "\
change_id,type,artefact,old_hash,new_hash,author,created,deployed_by,deployed_at,effective_from,emergency,tests_ref
CHG-1,rate,rates.csv,,,anna,2026-05-18T08:00:00Z,dan,2026-05-18T12:00:00Z,2026-05-18T12:00:00Z,true,
";
/// The review of `CHG-1`, two days later.
pub(crate) const REVIEWS: &str = "\
change_id,step,approver,role,decision,decided_at,evidence
CHG-1,1,ben,post-review,approved,2026-05-20T09:00:00Z,
";
/// No review of `CHG-1`, only what was said before it.
pub(crate) const NO_REVIEWS: &str = "\
change_id,step,approver,role,decision,decided_at,evidence
CHG-1,1,ben,approver,approved,2026-05-18T11:00:00Z,
";

/// A review of `CHG-1` that came a week too late.
pub(crate) const LATE_REVIEWS: &str = "\
change_id,step,approver,role,decision,decided_at,evidence
CHG-1,1,ben,post-review,approved,2026-05-30T09:00:00Z,
";
/// Another emergency change, of yesterday, than those that the workspace was told of.
pub(crate) const MORE_CHANGES: &str = "\
change_id,type,artefact,old_hash,new_hash,author,created,deployed_by,deployed_at,effective_from,emergency,tests_ref
CHG-1,rate,rates.csv,,,anna,2026-05-18T08:00:00Z,dan,2026-05-18T12:00:00Z,2026-05-18T12:00:00Z,true,
CHG-2,rate,rates.csv,,,anna,2026-06-09T08:00:00Z,dan,2026-06-09T12:00:00Z,2026-06-09T12:00:00Z,true,
";
/// The waivers of the base: one that covers a rise of GPUs, one that expired, one that nothing needs.
pub(crate) const WAIVERS: &str = "\
- id: W-GPU
  control: RG-01
  scope: rate_key = 'gpu/eu/retail' and change_percent <= 15
  reason: the vendor raised its price by as much, and the customers agreed
  ticket: FIN-311
  requester: git:anna@meridian.example
  approver: github:ben-k
  beneficiary: BU-Labs
  start: 2026-05-01
  expiry: 2026-10-01
  zone: Europe/Berlin
  exposure: {amount: \"20000.00\", currency: EUR}
- id: W-OLD
  control: RG-01
  scope: rate_key = 'db-large/eu/retail'
  reason: renegotiation of the database licences
  ticket: FIN-274
  requester: git:anna@meridian.example
  approver: github:cleo-o
  beneficiary: BU-Labs
  start: 2026-03-01
  expiry: 2026-06-01
  zone: Europe/Berlin
  exposure: {amount: \"20000.00\", currency: EUR}
- id: W-IDLE
  control: RG-07
  scope: rate_key = 'backup/eu/retail'
  reason: the customers agreed to a shorter notice
  ticket: FIN-320
  requester: git:anna@meridian.example
  approver: github:dan-w
  beneficiary: BU-Cloud
  start: 2026-05-01
  expiry: 2027-01-01
  zone: Europe/Berlin
  exposure: {amount: \"500.00\", currency: EUR}
";

/// The workspace.
pub(crate) const WORKSPACE: &str = "\
workspace: pricing
period: {start: 2026-01-01, end: 2027-01-01}
datasets:
  rates: {files: [rates.csv], profile: rate-table-1}
  usage: {files: [data/usage.csv], profile: usage-summary-1}
  contracts: {files: [books/contracts.csv], profile: contract-1}
  documents: {files: [books/documents.csv], profile: document-1}
  calendar: {files: [books/calendar.csv], profile: fiscal-calendar-1}
  accounts: {files: [people/accounts.csv], profile: account-person-1}
  grants: {files: [people/grants.csv], profile: role-grant-1}
  roles: {files: [people/roles.csv], profile: role-1}
  delegations: {files: [people/delegations.csv], profile: delegation-1}
  changes:
    files: [data/changes.csv]
    profile: change-1
    expected: {rows: \"1\", source: change management, obtained_by: audit, at: 2026-06-10T08:00:00Z}
  reviews:
    files: [data/reviews.csv]
    profile: approval-1
    expected: {rows: \"1\", source: change management, obtained_by: audit, at: 2026-06-10T08:00:00Z}
controls:
  settings:
    RG-01: {parameters: {max_change_percent: \"10\"}}
gate:
  waivers: waivers.yaml
  approvers: [{account: \"key:fin\", key: keys/fin.pub.pem}]
keys: {operator: keys/operator.pem, log: keys/log.pem}
log: {folder: log, origin: meridian.example/rates}
output: out
";
