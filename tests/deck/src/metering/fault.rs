//! The faults: what each is called, which control has to find it, and where it can be planted.

use super::Dose;
use super::catalogue::Service;
use super::group::MONTHS;
use super::meter::{Features, LONG_GAP};
use super::pricing::{Tiers, Twist};
use super::resource::{Meters, Resource};

/// A class of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    VolumeForGraduated,
    BoundOffByOne,
    WrongVersion,
    RoundingMode,
    MinimumIgnored,
    ProrationRounded,
    DiscountOrder,
    LateUnbilled,
    DuplicateExact,
    DuplicateOverlap,
    OrphanUsage,
    GhostCharge,
    EstimateOff,
    GapOverMaximum,
    GapNotEstimated,
    CorrectionNotNetted,
    RateGap,
    RateOverlap,
    RateOffContract,
    ResidualLost,
    KeyLowered,
    MarkupWrong,
    FxWrongDay,
    VatPerLine,
    CreditBelow,
    JournalOff,
    VendorPriceOff,
    VendorQuantityOff,
    IcPoolOff,
    NcpOutside,
    LogRowDeleted,
    RateEditedWithoutChange,
    EditAfterRevocation,
    TenantReadForeign,
    BillOfAnotherUnit,
    RetroactiveEdit,
    SelfApprovalNestedGroup,
    ApprovalByDelegationLoop,
    ToxicPairNested,
    LeaverNotRemoved,
    ReviewUnsigned,
    BreakGlassUnlogged,
    ChangeBySharedAccount,
    UsageSpike,
    ResourceUnknown,
    OffsetOfAnotherDay,
    UnitDrift,
    ShowbackPosted,
    MapOverlap,
    ServiceUnmapped,
    TierGap,
    ReceiptShort,
    SharedCostUnallocated,
    CreditMissing,
    IncreaseWithoutApproval,
    PostedLateWithoutAccrual,
    ChargedAfterClose,
    RawLogDisposedEarly,
    PersonKeptTooLong,
    DisposedUnderHold,
    TwoPricesOneService,
    AlertWithoutDisposition,
    BatchOffContract,
    JobFailedUnresolved,
    BackupMissing,
    SubjectRequestLate,
    EscalationLate,
    OutsideWindow,
    CauseNotOfAdjustment,
    WithoutEvidence,
    ProvisionalOpen,
    CreditOverwritten,
    ClosedWithoutCause,
    PatternUnchanged,
    ContestedKept,
    WithoutMessage,
    WithoutFinance,
    ReviewMissing,
    KpiOverstated,
    InvoiceBeforeReconciliation,
    ForecastMissing,
    FindingOverdue,
    VatAbroad,
    VatOldRate,
    OneSided,
}

use Class as K;

/// Class, name, control, and the dataset whose record it is found in. Those that few records fit are
/// planted first.
pub(crate) const CLASSES: &[(Class, &str, Option<&str>, &str)] = &[
    (K::OffsetOfAnotherDay, "offset-of-another-day", Some("TZ-02"), "usage"),
    (K::ResourceUnknown, "resource-unknown", Some("AN-02"), "usage"),
    (K::UnitDrift, "unit-drift", Some("CT-03"), "usage"),
    (K::ProrationRounded, "proration-rounded", Some("PT-02"), "charge"),
    (K::BoundOffByOne, "bound-off-by-one", Some("PT-02"), "charge"),
    (K::DiscountOrder, "discount-order-swapped", Some("PT-02"), "charge"),
    (K::MinimumIgnored, "minimum-ignored", Some("PT-02"), "charge"),
    (K::VolumeForGraduated, "volume-for-graduated", Some("PT-02"), "charge"),
    (K::CorrectionNotNetted, "correction-not-netted", Some("LN-02"), "charge"),
    (K::LateUnbilled, "late-usage-unbilled", Some("LN-04"), "usage"),
    (K::GapOverMaximum, "gap-over-maximum-estimated", Some("IM-04"), "usage"),
    (K::EstimateOff, "estimate-off-formula", Some("IM-02"), "usage"),
    (K::GapNotEstimated, "gap-not-estimated", Some("IM-01"), "usage"),
    (K::WrongVersion, "wrong-rate-version", Some("PT-02"), "charge"),
    (K::DuplicateExact, "duplicate-exact", Some("DD-01"), "usage"),
    (K::DuplicateOverlap, "duplicate-overlap-billed", Some("DD-02"), "usage"),
    (K::OrphanUsage, "orphan-usage", Some("LN-04"), "usage"),
    (K::GhostCharge, "ghost-charge", Some("LN-01"), "charge"),
    (K::RoundingMode, "rounding-mode", Some("PT-02"), "charge"),
    (K::UsageSpike, "usage-spike", Some("AN-01"), "usage"),
    (K::RateGap, "rate-gap", None, "rate-table"),
    (K::RateOverlap, "rate-overlap", None, "rate-table"),
    (K::RateOffContract, "rate-off-contract", Some("PR-01"), "rate-table"),
    (K::ResidualLost, "residual-lost", Some("AL-03"), "allocation-result"),
    (K::KeyLowered, "key-lowered-after-freeze", Some("AL-02"), "allocation-result"),
    (K::MarkupWrong, "markup-wrong", Some("TP-02"), "intercompany"),
    (K::FxWrongDay, "fx-rate-of-wrong-day", None, "intercompany"),
    (K::OneSided, "intercompany-one-sided", Some("IC-04"), "intercompany"),
    (K::VatAbroad, "vat-charged-abroad", Some("VAT-01"), "invoice"),
    (K::VatOldRate, "vat-rate-not-in-force", Some("VAT-02"), "invoice"),
    (K::VatPerLine, "vat-rounded-per-line", Some("VAT-03"), "invoice"),
    (K::CreditBelow, "credit-below-formula", Some("SL-02"), "credit"),
    (K::JournalOff, "journal-off-charges", Some("RC-03"), "journal"),
    (K::VendorPriceOff, "vendor-price-off-contract", Some("PR-03"), "vendor-invoice"),
    (K::VendorQuantityOff, "vendor-quantity-off", Some("RC-02"), "vendor-invoice"),
    (K::IcPoolOff, "ic-pool-off-allocation", Some("TP-04"), "intercompany"),
    (K::NcpOutside, "ncp-outside-range", Some("TP-07"), "benchmark"),
    (K::LogRowDeleted, "log-row-deleted", Some("AT-01"), "activity"),
    (K::RateEditedWithoutChange, "rate-edited-without-change", Some("AT-03"), "price-plan"),
    (K::EditAfterRevocation, "edit-after-revocation", Some("AC-08"), "activity"),
    (K::TenantReadForeign, "tenant-read-foreign", Some("MT-03"), "activity"),
    (K::BillOfAnotherUnit, "bill-of-another-unit-opened", Some("PO-03"), "activity"),
    (K::RetroactiveEdit, "retroactive-edit", Some("VC-04"), "change"),
    (K::SelfApprovalNestedGroup, "self-approval-nested-group", Some("SOD-03"), "approval"),
    (K::ApprovalByDelegationLoop, "approval-by-delegation-loop", Some("SOD-03"), "approval"),
    (K::ToxicPairNested, "toxic-pair-nested", Some("SOD-01"), "role-grant"),
    (K::LeaverNotRemoved, "leaver-not-removed", Some("AC-02"), "role-grant"),
    (K::ReviewUnsigned, "review-unsigned", Some("AC-03"), "access-review"),
    (K::BreakGlassUnlogged, "break-glass-unlogged", Some("AC-06"), "account-person"),
    (K::ChangeBySharedAccount, "change-by-shared-account", Some("AC-04"), "change"),
    (K::ShowbackPosted, "showback-posted", Some("CB-02"), "journal"),
    (K::MapOverlap, "map-overlap", Some("GL-02"), "gl-map"),
    (K::ServiceUnmapped, "service-unmapped", Some("GL-01"), "focus"),
    (K::TierGap, "tier-gap", Some("PT-01"), "price-tier"),
    (K::ReceiptShort, "receipt-short", Some("PR-04"), "vendor-invoice"),
    (K::SharedCostUnallocated, "shared-cost-unallocated", Some("MT-04"), "focus"),
    (K::CreditMissing, "credit-missing", Some("SL-03"), "sla-measure"),
    (K::IncreaseWithoutApproval, "increase-without-approval", Some("AF-02"), "bill-increase"),
    (K::PostedLateWithoutAccrual, "posted-late-without-accrual", Some("FC-05"), "journal"),
    (K::ChargedAfterClose, "charged-after-close", Some("OW-01"), "charge"),
    (K::RawLogDisposedEarly, "raw-log-disposed-early", Some("RET-01"), "retention-record"),
    (K::PersonKeptTooLong, "person-kept-too-long", Some("RET-02"), "retention-record"),
    (K::DisposedUnderHold, "disposed-under-hold", Some("RET-04"), "retention-record"),
    (K::TwoPricesOneService, "two-prices-one-service", Some("RM-03"), "rate-table"),
    (K::AlertWithoutDisposition, "alert-without-disposition", Some("ML-04"), "alert"),
    (K::BatchOffContract, "batch-off-contract", Some("CT-01"), "ingest-log"),
    (K::JobFailedUnresolved, "job-failed-unresolved", Some("OP-02"), "job-run"),
    (K::BackupMissing, "backup-missing", Some("OP-03"), "backup"),
    (K::SubjectRequestLate, "subject-request-late", Some("GD-02"), "subject-request"),
    (K::EscalationLate, "escalation-late", Some("ES-02"), "dispute-event"),
    (K::OutsideWindow, "dispute-outside-window", Some("DP-03"), "dispute"),
    (K::CauseNotOfAdjustment, "cause-not-of-adjustment", Some("DC-02"), "dispute"),
    (K::WithoutEvidence, "dispute-without-evidence", Some("DS-02"), "dispute"),
    (K::ProvisionalOpen, "provisional-credit-open", Some("PC-01"), "credit"),
    (K::CreditOverwritten, "credit-overwritten", Some("PC-05"), "credit"),
    (K::ClosedWithoutCause, "closed-without-root-cause", Some("DT-02"), "dispute"),
    (K::PatternUnchanged, "pattern-without-change", Some("DU-01"), "dispute"),
    (K::ContestedKept, "contested-charge-kept", Some("RF-01"), "dispute"),
    (K::WithoutMessage, "transition-without-message", Some("NT-01"), "dispute-event"),
    (K::WithoutFinance, "decision-without-finance", Some("GV-01"), "board-decision"),
    (K::ReviewMissing, "quarterly-review-missing", Some("QR-02"), "board"),
    (K::KpiOverstated, "kpi-overstated", Some("DM-02"), "metric"),
    (K::InvoiceBeforeReconciliation, "invoice-before-reconciliation", Some("RC-04"), "close-task"),
    (K::ForecastMissing, "forecast-missing", Some("TR-01"), "forecast"),
    (K::FindingOverdue, "finding-overdue", None, "finding"),
];

/// Those that are planted in a resource's month.
pub(crate) const UNIT_CLASSES: usize = 20;

impl Class {
    pub(crate) fn about(self) -> (&'static str, Option<&'static str>, &'static str) {
        let known = CLASSES.iter().find(|(class, ..)| *class == self);
        known.map_or(("", None, ""), |(_, name, control, dataset)| (*name, *control, *dataset))
    }

    /// How a charge with this fault is made.
    pub(crate) fn twist(self) -> Twist {
        match self {
            Self::VolumeForGraduated => Twist::VolumeForGraduated,
            Self::BoundOffByOne => Twist::OtherBound,
            Self::RoundingMode => Twist::RoundedDown,
            Self::MinimumIgnored => Twist::NoMinimum,
            Self::ProrationRounded => Twist::RoundedRatio,
            Self::DiscountOrder => Twist::OtherOrder,
            _ => Twist::None,
        }
    }

    /// Whether the resource's month could carry the fault; whether it then shows is seen when it is
    /// planted.
    pub(crate) fn fits(
        self,
        resource: &Resource,
        service: &Service,
        features: &Features,
        month: i64,
    ) -> bool {
        let plan = &service.plan;
        let plain = features.late.is_none() && features.corrected.is_none();
        match self {
            Self::VolumeForGraduated => plain && plan.mode == Tiers::Graduated,
            Self::BoundOffByOne => features.boundary,
            Self::WrongVersion => {
                plain && plan.mode != Tiers::PerUnit && service.versions.len() > 1
            }
            Self::RoundingMode => plain,
            Self::MinimumIgnored => plain && plan.minimum.is_some(),
            Self::ProrationRounded => plain && plan.prorated,
            Self::DiscountOrder => plain && plan.minimum.is_some() && plan.discount > 0,
            Self::LateUnbilled => features.late.is_some(),
            Self::DuplicateExact => plain && plan.mode != Tiers::Flat,
            Self::DuplicateOverlap => {
                plain && plan.mode != Tiers::Flat && resource.meters == Meters::Both
            }
            Self::OrphanUsage | Self::GhostCharge => {
                plain && features.gap.is_none() && !plan.prorated
            }
            Self::EstimateOff | Self::GapNotEstimated => plain && features.gap.is_some(),
            Self::GapOverMaximum => {
                let room = features.slots > LONG_GAP * 4 && !features.boundary;
                plain && resource.fine && room && features.gap.is_none()
            }
            Self::CorrectionNotNetted => features.corrected.is_some() && month + 1 < MONTHS,
            Self::UsageSpike => {
                let calm = features.outage.is_none() && !features.boundary;
                let long = features.slots >= 24 * resource.slots_a_day();
                plain && calm && long && features.gap.is_none() && plan.mode != Tiers::Flat
            }
            // Nobody knows the zone of what isn't registered: its months are those of UTC.
            Self::ResourceUnknown => {
                let utc = resource.zone.name == "Etc/UTC";
                plain && utc && features.gap.is_none() && !plan.prorated
            }
            Self::OffsetOfAnotherDay => plain && resource.fine && features.gap.is_none(),
            // Of what is neither bought by the unit nor the driver of a key.
            Self::UnitDrift => {
                let stored = service.unit() == "GB-Hours" && plan.mode != Tiers::PerUnit;
                plain && stored && features.gap.is_none()
            }
            _ => false,
        }
    }
}

impl Dose {
    /// How many records of so many that fit are made faulty: one at least.
    pub(crate) fn of(self, fitting: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::PerMille(share) => (fitting.saturating_mul(share) / 1_000).max(1),
        }
    }
}
