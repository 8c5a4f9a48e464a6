//! The requests, one after the other: what each does, who approved it, and what its reader sees.

use crate::company::{self, midnight};
use crate::repository::{Branch, GIL};
use crate::review::Approval::{self, ChangeManagement, GitHub, GitLab, Statement};
use crate::usage::{self, Cents, Used, moved};
use At::{Nowhere, Rate};

/// Where in the table an alert stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// At the row of the rate that holds from that day, in the table that is proposed.
    Rate(&'static str, &'static str),
    /// At the line of the table before: the row is gone.
    Gone(&'static str, &'static str),
    /// At no row: it is about the request, and shown at the file's first line.
    Nowhere,
}

/// What is found: control, code, place.
pub(crate) type Alert = (&'static str, &'static str, At);

/// A request.
pub(crate) struct Pull {
    /// In a few words.
    pub(crate) title: &'static str,
    /// The commits of its branch.
    pub(crate) made: fn(&mut Branch<'_>),
    /// Who approved it.
    pub(crate) approved: &'static [Approval],
    /// What the job states beside base, head and day.
    pub(crate) flags: &'static [&'static str],
    /// Files on disk that are others than usual.
    pub(crate) disk: &'static [(&'static str, &'static str)],
    /// The exit code.
    pub(crate) exit: i32,
    /// What stands against it, or is told.
    pub(crate) alerts: &'static [Alert],
    /// Which of them a waiver covers: control and waiver.
    pub(crate) waived: &'static [(&'static str, &'static str)],
    /// What else the comment says.
    pub(crate) says: &'static [&'static str],
    /// What May comes to more or less, in euros; `None` where it isn't one number.
    pub(crate) money: Option<fn(&[Used]) -> Cents>,
}

/// A request that passes, changes nothing, and that Ben approved.
pub(crate) const USUAL: Pull = Pull {
    title: "",
    made: |_| (),
    approved: &[GitHub("ben-k", 0)],
    flags: &[],
    disk: &[],
    exit: 0,
    alerts: &[],
    waived: &[],
    says: &[],
    money: Some(|_| 0),
};

/// Nobody has approved it, and one person would have to.
const UNAPPROVED: Alert = ("RG-20", "approvals-missing", Nowhere);
/// As many as the largest request needs.
const EVERYBODY: &[Approval] = &[GitHub("ben-k", 0), GitHub("cleo-o", 0), GitHub("dan-w", 0)];
const AUGUST: &str = "2026-08-01";

/// All of them.
pub(crate) const PULLS: &[Pull] = &[
    // What the table says
    Pull {
        title: "cosmetic reorder",
        // Rows and columns in another order, quotes, zeros, line ends. Nobody has to approve nothing.
        made: |branch| {
            let text = branch.table.csv_of_another_hand();
            branch.table.0.reverse();
            branch.commit_text(&text, "sort the table");
        },
        approved: &[],
        says: &["Nothing that the table says", "30 unchanged, 0 only before, 0 only after"],
        ..USUAL
    },
    Pull {
        title: "price rise",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("small machines become dearer");
        },
        says: &["price-raised", "(8 %)", "1 of 1 approval count"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "price rise that nobody announced",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", "2026-07-01").announced = String::new();
            branch.table.step("SSD-EU-R", "0.125", "2026-07-01");
            branch.commit("dearer from July");
        },
        exit: 1,
        alerts: &[
            ("RG-07", "not-announced", Rate("VMS-EU-R", "2026-07-01")),
            ("RG-07", "notice-too-short", Rate("SSD-EU-R", "2026-07-01")),
        ],
        money: Some(|usage| {
            moved(usage, "vm-small/eu/retail", "0.50", "0.54")
                + moved(usage, "disk-ssd/eu/retail", "0.12", "0.125")
        }),
        ..USUAL
    },
    Pull {
        title: "price cut under the margin floor",
        made: |branch| {
            branch.table.step("VML-EU-R", "1.86", AUGUST);
            branch.commit("large machines for less");
        },
        exit: 1,
        alerts: &[("RG-03", "margin-below-floor", Rate("VML-EU-R", AUGUST))],
        says: &["price-cut", "(-7 %)", "contract price 1.8"],
        money: Some(|usage| moved(usage, "vm-large/eu/retail", "2.00", "1.86")),
        ..USUAL
    },
    Pull {
        title: "price cut without the contract that it would be measured by",
        made: |branch| {
            branch.table.step("VML-EU-R", "1.86", AUGUST).contract = String::new();
            branch.commit("large machines for less, bought from nobody");
        },
        exit: 1,
        alerts: &[("RG-03", "contract-line-dropped", Rate("VML-EU-R", AUGUST))],
        money: Some(|usage| moved(usage, "vm-large/eu/retail", "2.00", "1.86")),
        ..USUAL
    },
    Pull {
        title: "contract line dropped, and nothing else",
        made: |branch| {
            branch.table.step("VML-EU-R", "2.00", AUGUST).contract = String::new();
            branch.commit("bought from nobody");
        },
        exit: 1,
        alerts: &[("RG-03", "contract-line-dropped", Rate("VML-EU-R", AUGUST))],
        says: &["terms-changed"],
        ..USUAL
    },
    Pull {
        title: "cap raised with the price",
        made: |branch| {
            branch.table.step("SUP-EU-R", "91", AUGUST).cap = "120".to_owned();
            branch.commit("support, and room for more");
        },
        exit: 1,
        alerts: &[("RG-06", "cap-raised", Rate("SUP-EU-R", AUGUST))],
        says: &["old cap 100, new cap 120"],
        money: Some(|usage| moved(usage, "support/eu/retail", "90", "91")),
        ..USUAL
    },
    Pull {
        title: "unit change",
        made: |branch| {
            branch.table.step("SSD-EU-R", "0.12", AUGUST).unit = "TB-month".to_owned();
            branch.commit("terabytes");
        },
        exit: 1,
        // Usage is in gigabytes: what it comes to can't be said, and that is not nothing.
        alerts: &[("RG-13", "unit-changed", Rate("SSD-EU-R", AUGUST))],
        says: &["undetermined", "Not decided", "RG-14"],
        money: None,
        ..USUAL
    },
    Pull {
        title: "tier boundary moved",
        // The first 200 GB cost what the first 100 did: a raise of the second tier's price for some.
        made: |branch| {
            let tiers = [("EGR-1", "0", "200"), ("EGR-2", "200", "1000"), ("EGR-3", "1000", "")];
            for (id, from, to) in tiers {
                let price = branch.table.rate(id).price.clone();
                let tier = branch.table.step(id, &price, AUGUST);
                (tier.tier_from, tier.tier_to) = (from.to_owned(), to.to_owned());
            }
            branch.commit("a longer first tier");
        },
        exit: 1,
        alerts: &[
            ("RG-01", "change-too-large", Rate("EGR-1", AUGUST)),
            ("RG-15", "cumulative-change-too-large", Rate("EGR-1", AUGUST)),
        ],
        says: &["tier-boundary-moved", "(28.5714 %)"],
        money: Some(|usage| {
            usage::egress_in_tiers(usage, [(0, "0.09"), (200, "0.07"), (1000, "0.05")])
                - usage::egress_in_tiers(usage, [(0, "0.09"), (100, "0.07"), (1000, "0.05")])
        }),
        ..USUAL
    },
    Pull {
        title: "tiers of which the mode changes",
        // 100 GB were 9.00 in parts, and are 7.00 at the price that they reach.
        made: |branch| {
            for id in ["EGR-1", "EGR-2", "EGR-3"] {
                let price = branch.table.rate(id).price.clone();
                branch.table.step(id, &price, AUGUST).tier_mode = "volume".to_owned();
            }
            branch.commit("one price for all of it");
        },
        approved: EVERYBODY,
        exit: 1,
        alerts: &[
            ("RG-01", "change-too-large", Rate("EGR-2", AUGUST)),
            ("RG-01", "change-too-large", Rate("EGR-3", AUGUST)),
            ("RG-15", "cumulative-change-too-large", Rate("EGR-2", AUGUST)),
            ("RG-15", "cumulative-change-too-large", Rate("EGR-3", AUGUST)),
        ],
        says: &["terms-changed", "(-22.2222 %)", "(-30.5556 %)"],
        money: None,
        ..USUAL
    },
    Pull {
        title: "method document emptied, and nothing else",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.50", AUGUST).method = String::new();
            branch.commit("however it came about");
        },
        exit: 1,
        alerts: &[("RG-10", "no-method-document", Rate("VMS-EU-R", AUGUST))],
        says: &["terms-changed"],
        ..USUAL
    },
    Pull {
        title: "unit emptied, and nothing else",
        made: |branch| {
            branch.table.step("SSD-EU-R", "0.12", AUGUST).unit = String::new();
            branch.commit("a price of something");
        },
        exit: 1,
        alerts: &[("RG-13", "unit-changed", Rate("SSD-EU-R", AUGUST))],
        says: &["terms-changed", "new price 0.12 EUR per none"],
        ..USUAL
    },
    Pull {
        title: "price that becomes a credit",
        made: |branch| {
            branch.table.step("BAK-EU-R", "-0.03", AUGUST);
            branch.commit("backup pays");
        },
        approved: EVERYBODY,
        exit: 1,
        alerts: &[
            ("RG-01", "change-too-large", Rate("BAK-EU-R", AUGUST)),
            ("RG-15", "cumulative-change-too-large", Rate("BAK-EU-R", AUGUST)),
        ],
        says: &["(-200 %)"],
        money: Some(|usage| moved(usage, "backup/eu/retail", "0.03", "-0.03")),
        ..USUAL
    },
    // Which rate prices it
    Pull {
        title: "price doubled by a general rate",
        made: |branch| {
            branch.table.generalised("VMS-EU-R", "VMS-ALL", AUGUST).price = "1.00".to_owned();
            branch.commit("one price everywhere");
        },
        approved: EVERYBODY,
        exit: 1,
        alerts: &[
            ("RG-01", "change-too-large", Rate("VMS-ALL", AUGUST)),
            ("RG-15", "cumulative-change-too-large", Rate("VMS-ALL", AUGUST)),
        ],
        says: &["vm-small/eu/retail", "(100 %), the other is the rate of vm-small/-/-"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "1.00")),
        ..USUAL
    },
    Pull {
        title: "tax code and cap lost to a general rate",
        made: |branch| {
            let general = branch.table.generalised("SUP-EU-R", "SUP-ALL", AUGUST);
            (general.tax, general.cap) = ("S07".to_owned(), String::new());
            branch.commit("one support everywhere");
        },
        approved: EVERYBODY,
        exit: 1,
        alerts: &[
            ("RG-05", "tax-code-changed", Rate("SUP-ALL", AUGUST)),
            ("RG-06", "cap-raised", Rate("SUP-ALL", AUGUST)),
        ],
        says: &["terms-changed"],
        ..USUAL
    },
    Pull {
        title: "dearer by a rate of its own that nobody announced",
        made: |branch| {
            branch.table.0.retain(|rate| rate.id != "VMS-US-R");
            let eu = branch.table.rate("VMS-EU-R").clone();
            let general = branch.table.rate("VMS-EU-R");
            (general.region, general.segment) = (String::new(), String::new());
            branch.merged("2026-01-06");
            let from = midnight("2026-07-01");
            branch.table.0.push(company::Rate { price: "0.54".to_owned(), from, ..eu });
            branch.commit("Europe by itself");
        },
        approved: EVERYBODY,
        exit: 1,
        alerts: &[("RG-07", "not-announced", Rate("VMS-EU-R", "2026-07-01"))],
        says: &["price-raised", "(8 %), the other is the rate of vm-small/-/-"],
        money: None,
        ..USUAL
    },
    Pull {
        title: "two halves of a forbidden rise, the first by a general rate",
        made: |branch| {
            branch.table.generalised("VMS-EU-R", "VMS-ALL", "2026-07-15").price =
                "0.545".to_owned();
            branch.merged("2026-05-30");
            branch.table.step("VMS-ALL", "0.594", AUGUST);
            branch.commit("the other half");
        },
        exit: 1,
        alerts: &[("RG-15", "cumulative-change-too-large", Rate("VMS-ALL", AUGUST))],
        says: &["18.8"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.545", "0.594")),
        ..USUAL
    },
    Pull {
        title: "overlap",
        made: |branch| {
            branch.table.step("BAK-EU-R", "0.03", "2026-08-15").from = midnight(AUGUST);
            branch.commit("backup goes on");
        },
        exit: 1,
        alerts: &[("RG-12", "overlap", Rate("BAK-EU-R", "2026-01-01"))],
        ..USUAL
    },
    Pull {
        title: "two prices at a time",
        made: |branch| {
            branch.table.step("BAK-EU-R", "0.031", "2026-08-15").from = midnight(AUGUST);
            branch.commit("backup goes on, a little dearer");
        },
        exit: 1,
        alerts: &[("RG-11", "two-prices", Rate("BAK-EU-R", "2026-01-01"))],
        money: Some(|usage| moved(usage, "backup/eu/retail", "0.03", "0.031")),
        ..USUAL
    },
    Pull {
        title: "gap",
        made: |branch| {
            branch.table.step("BAK-EU-R", "0.03", AUGUST).from = midnight("2026-08-15");
            branch.commit("backup goes on later");
        },
        exit: 1,
        // In the gap nobody would pay for what is used.
        alerts: &[
            ("RG-12", "gap", Rate("BAK-EU-R", "2026-01-01")),
            ("RG-16", "usage-without-rate", Nowhere),
        ],
        says: &["from 2026-08-01T00:00:00Z until 2026-08-15", "no price in the new table"],
        money: Some(|usage| -usage::may_at(usage, "backup/eu/retail", "0.03")),
        ..USUAL
    },
    // When it says it
    Pull {
        title: "retroactive edit",
        // June is open, but its first week is billed: to two entities.
        made: |branch| {
            branch.table.step("DBS-EU-R", "1.14", "2026-06-01");
            branch.commit("databases for less since June");
        },
        exit: 1,
        alerts: &[("RG-09", "retroactive-not-declared", Rate("DBS-EU-R", "2026-06-01"))],
        says: &[
            "for the past",
            "2 issued invoices",
            "INV-2026-06-W1-MER-DE",
            "INV-2026-06-W1-MER-FR",
        ],
        money: Some(|usage| moved(usage, "db-small/eu/retail", "1.20", "1.14")),
        ..USUAL
    },
    Pull {
        title: "retroactive edit that says so",
        made: |branch| {
            branch.table.step("DBS-EU-R", "1.14", "2026-06-01").retroactive = "true".to_owned();
            branch.commit("databases for less since June, on purpose");
        },
        says: &["for the past", "2 issued invoices"],
        money: Some(|usage| moved(usage, "db-small/eu/retail", "1.20", "1.14")),
        ..USUAL
    },
    Pull {
        title: "closed period",
        made: |branch| {
            let rate = branch.table.step("DBS-EU-R", "1.14", "2026-05-01");
            rate.retroactive = "true".to_owned();
            branch.commit("databases for less since May");
        },
        exit: 1,
        alerts: &[("RG-08", "closed-period-changed", Rate("DBS-EU-R", "2026-05-01"))],
        // May's of two entities, and the first week of June's.
        says: &["4 issued invoices"],
        money: Some(|usage| moved(usage, "db-small/eu/retail", "1.20", "1.14")),
        ..USUAL
    },
    Pull {
        title: "currency change",
        made: |branch| {
            branch.table.step("DBS-EU-R", "1.20", AUGUST).currency = "CHF".to_owned();
            branch.commit("databases in francs");
        },
        approved: &[GitHub("ben-k", 0), GitHub("cleo-o", 0)],
        exit: 1,
        alerts: &[("RG-13", "currency-changed", Rate("DBS-EU-R", AUGUST))],
        // What was euros goes, and as many francs come: they are never one number.
        says: &["currency-changed"],
        money: None,
        ..USUAL
    },
    Pull {
        title: "rename of the file",
        made: |branch| {
            branch.rename("prices/rates.csv");
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("a folder for prices, and dearer machines");
        },
        approved: &[],
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["price-raised", "29 unchanged, 1 only before, 2 only after"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "deleted rate",
        made: |branch| {
            branch.table.0.retain(|rate| rate.id != "BAK-EU-R");
            branch.commit("no backup any more");
        },
        exit: 1,
        alerts: &[
            ("RG-08", "closed-period-changed", At::Gone("BAK-EU-R", "2026-01-01")),
            ("RG-09", "retroactive-not-declared", At::Gone("BAK-EU-R", "2026-01-01")),
            ("RG-16", "usage-without-rate", Nowhere),
        ],
        says: &["ended", "Usage without a rate", "backup/eu/retail"],
        money: Some(|usage| -usage::may_at(usage, "backup/eu/retail", "0.03")),
        ..USUAL
    },
    // Who stands behind it
    Pull {
        title: "self-approval",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        approved: &[GitHub("anna-m", 0)],
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["doesn\'t count: author-approves", "0 of 1 approval count", "author-approves"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "approval by one who may not, and by a desk of two",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        approved: &[GitHub("emil-q", 0), GitHub("finance-desk", 0)],
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["doesn\'t count: no-role", "0 of 2 approvals count", "no-role"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "approval voided by a new commit",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
            branch.table.rate("VMS-EU-R").price = "0.53".to_owned();
            branch.commit("not as dear");
        },
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["doesn\'t count: not-bound-to-diff", "not-bound-to-diff"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.53")),
        ..USUAL
    },
    Pull {
        title: "approval kept by a rebase without effect",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer").rebased();
        },
        says: &["1 of 1 approval count"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "delegation loop",
        // Gil's delegate is Hana, hers is Ivo, and his is Gil: neither is somebody else.
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.by(GIL).commit("dearer");
        },
        approved: &[GitHub("hana-s", 0), GitHub("ivo-p", 0)],
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["0 of 2 approvals count", "doesn't count: acts-for-author"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "large change with one approval of two",
        made: |branch| {
            branch.table.step("GPU-EU-R", "42", AUGUST);
            branch.commit("graphics become dearer");
        },
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["2 approvals are needed, 1 count"],
        money: Some(|usage| moved(usage, "gpu/eu/retail", "40", "42")),
        ..USUAL
    },
    Pull {
        title: "large change approved in GitLab and in change management",
        made: |branch| {
            branch.table.step("GPU-EU-R", "42", AUGUST);
            branch.commit("graphics become dearer");
        },
        approved: &[GitLab("ben-k"), ChangeManagement("Cleo Ortiz")],
        says: &["2 of 2 approvals count"],
        money: Some(|usage| moved(usage, "gpu/eu/retail", "40", "42")),
        ..USUAL
    },
    Pull {
        title: "large change approved by review and by a signed statement",
        made: |branch| {
            branch.table.step("GPU-EU-R", "42", AUGUST);
            branch.commit("graphics become dearer");
        },
        approved: &[GitHub("dan-w", 0), Statement("key:fin", "fin")],
        says: &["2 of 2 approvals count"],
        money: Some(|usage| moved(usage, "gpu/eu/retail", "40", "42")),
        ..USUAL
    },
    Pull {
        title: "approved by the one who releases it",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        flags: &["--releaser", "github:ben-k"],
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["doesn't count: releaser-approves"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    // What is waived
    Pull {
        title: "waiver in force",
        made: |branch| {
            branch.table.step("GPU-EU-R", "44.8", AUGUST);
            branch.commit("as much as the vendor's");
        },
        approved: &[GitHub("ben-k", 0), GitHub("cleo-o", 0)],
        alerts: &[("RG-01", "change-too-large", Rate("GPU-EU-R", AUGUST))],
        waived: &[("RG-01", "W-GPU")],
        says: &["(12 %)", "W-GPU: applied"],
        money: Some(|usage| moved(usage, "gpu/eu/retail", "40", "44.8")),
        ..USUAL
    },
    Pull {
        title: "expired waiver",
        made: |branch| {
            branch.table.step("DBL-EU-R", "28", AUGUST);
            branch.commit("the licences");
        },
        approved: &[GitHub("ben-k", 0), GitHub("cleo-o", 0)],
        exit: 1,
        alerts: &[("RG-01", "change-too-large", Rate("DBL-EU-R", AUGUST))],
        says: &["W-OLD: expired"],
        money: Some(|usage| moved(usage, "db-large/eu/retail", "25", "28")),
        ..USUAL
    },
    Pull {
        title: "unused waiver",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        says: &["W-IDLE: unused"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "a waiver added by the request that needs it",
        made: |branch| {
            let own =
                company::WAIVERS.replace("W-OLD", "W-NEW").replace("2026-06-01", "2026-12-01");
            branch.write("waivers.yaml", &own);
            branch.table.step("DBL-EU-R", "28", AUGUST);
            branch.commit("the licences, and their waiver");
        },
        approved: &[GitHub("ben-k", 0), GitHub("cleo-o", 0)],
        exit: 1,
        alerts: &[
            ("RG-01", "change-too-large", Rate("DBL-EU-R", AUGUST)),
            ("RG-23", "protected-files-changed", Nowhere),
        ],
        says: &["waivers.yaml", "W-OLD: expired"],
        money: Some(|usage| moved(usage, "db-large/eu/retail", "25", "28")),
        ..USUAL
    },
    Pull {
        title: "policy weakened in the same request",
        made: |branch| {
            let weak = "max_change_percent: \"50\"";
            let own = company::WORKSPACE.replace("max_change_percent: \"10\"", weak);
            branch.write("tieout.yaml", &own);
            branch.table.step("DBL-EU-R", "28", AUGUST);
            branch.commit("the licences, and room for them");
        },
        approved: &[GitHub("ben-k", 0), GitHub("cleo-o", 0)],
        exit: 1,
        alerts: &[
            ("RG-01", "change-too-large", Rate("DBL-EU-R", AUGUST)),
            ("RG-23", "protected-files-changed", Nowhere),
        ],
        says: &["tieout.yaml"],
        money: Some(|usage| moved(usage, "db-large/eu/retail", "25", "28")),
        ..USUAL
    },
    Pull {
        title: "the directory of people changed in the same request",
        made: |branch| {
            let own = company::GRANTS.replace("emil,engineer", "emil,rate-approver");
            branch.write("people/grants.csv", &own);
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer, and Emil may approve it");
        },
        approved: &[GitHub("emil-q", 0)],
        exit: 1,
        alerts: &[UNAPPROVED, ("RG-23", "protected-files-changed", Nowhere)],
        says: &["people/grants.csv", "doesn't count: no-role"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    // What adds up
    Pull {
        title: "two harmless halves of a forbidden rise",
        // 9 % were merged in May, and 9 % more are asked for now: 18.8 % within ninety days.
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.545", "2026-07-15");
            branch.merged("2026-05-30");
            branch.table.step("VMS-EU-R", "0.594", AUGUST);
            branch.commit("the other half");
        },
        exit: 1,
        alerts: &[("RG-15", "cumulative-change-too-large", Rate("VMS-EU-R", AUGUST))],
        says: &["18.8"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.545", "0.594")),
        ..USUAL
    },
    Pull {
        title: "a large change behind a small one that comes later",
        // From 2099 on the price is nearly what it was: until then it isn't, and that is what counts.
        made: |branch| {
            branch.table.step("GPU-EU-R", "36.5", AUGUST);
            branch.table.step("GPU-EU-R", "39.99", "2099-01-01");
            branch.commit("graphics become cheaper, for a while");
        },
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["2 approvals are needed, 1 count"],
        money: None,
        ..USUAL
    },
    Pull {
        title: "new SKU without usage",
        made: |branch| {
            let like = branch.table.rate("GPU-EU-R").clone();
            branch.table.0.push(company::Rate {
                id: "GPN-EU-R".to_owned(),
                service: "gpu-next".to_owned(),
                price: "60".to_owned(),
                contract: String::new(),
                from: midnight("2026-07-01"),
                ..like
            });
            branch.commit("the next graphics");
        },
        approved: &[GitHub("ben-k", 0), GitHub("cleo-o", 0), GitHub("dan-w", 0)],
        alerts: &[("RG-14", "unpriced", Rate("GPN-EU-R", "2026-07-01"))],
        says: &["added", "unpriced", "gpu-next/eu/retail"],
        ..USUAL
    },
    // What is urgent
    Pull {
        title: "emergency",
        // Two approvals would be needed; one is enough until the review.
        made: |branch| {
            branch.table.step("GPU-EU-R", "42", AUGUST);
            branch.commit("graphics become dearer, now");
        },
        flags: &["--emergency", "INC-77"],
        says: &["emergency INC-77"],
        money: Some(|usage| moved(usage, "gpu/eu/retail", "40", "42")),
        ..USUAL
    },
    Pull {
        title: "emergency change not reviewed in time",
        // Another one, three weeks ago: nobody gets the next until that is looked at.
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        disk: &[("data/reviews.csv", company::NO_REVIEWS)],
        exit: 1,
        alerts: &[("CM-04", "not-reviewed-in-time", Nowhere)],
        says: &["not reviewed"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "emergency change reviewed too late",
        // That can't be mended any more: it is told and stops nobody.
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        disk: &[("data/reviews.csv", company::LATE_REVIEWS)],
        alerts: &[("CM-04", "not-reviewed-in-time", Nowhere)],
        says: &["reviewed too late"],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "another emergency since, of which the workspace states no number",
        made: |branch| {
            branch.table.step("VMS-EU-R", "0.54", AUGUST);
            branch.commit("dearer");
        },
        disk: &[("data/changes.csv", company::MORE_CHANGES)],
        money: Some(|usage| moved(usage, "vm-small/eu/retail", "0.50", "0.54")),
        ..USUAL
    },
    Pull {
        title: "emergency approved by who may approve rates alone",
        made: |branch| {
            branch.table.step("GPU-EU-R", "42", AUGUST);
            branch.commit("graphics become dearer, now");
        },
        approved: &[GitHub("dan-w", 0)],
        flags: &["--emergency", "INC-77"],
        exit: 1,
        alerts: &[UNAPPROVED],
        says: &["doesn't count: no-role", "who holds the role `emergency-approver`"],
        money: Some(|usage| moved(usage, "gpu/eu/retail", "40", "42")),
        ..USUAL
    },
];
