//! The gate's controls: a proposed change of rates, the request, and its approvals.

use super::says;

/// A change of that kind; what `rest` states wins.
fn change(key: &str, kind: &str, rest: &str) -> String {
    format!(
        "rate_key={key} kind={kind} effective_from=2026-03-01T00:00:00Z old_price=1 new_price=2 \
         old_currency=EUR new_currency=EUR {rest}"
    )
}

/// What a control says of changes: key, kind, what else; the expected words after the record's key.
fn of_changes(id: &str, changes: &[(&str, &str, &str)], expected: &[&str]) {
    let records: Vec<_> = changes.iter().map(|(key, kind, rest)| change(key, kind, rest)).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let expected: Vec<_> =
        expected.iter().map(|line| line.replacen(':', "/2026-03-01T00:00:00Z:", 1)).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    says(id, &[("rate-change-1", &records)], &expected);
}

/// Excluded kinds are no records; a percentage that isn't known never conforms.
#[test]
fn limits_of_a_change() {
    let changes = [
        ("a", "price-raised", "change_percent=10 cumulative_percent=15"),
        ("b", "price-cut", "change_percent=-10.5 cumulative_percent=-15.5"),
        ("c", "dates-moved", ""),
        ("d", "added", "change_percent=99 cumulative_percent=99"),
        ("e", "currency-changed", "change_percent=99 cumulative_percent=99"),
        ("f", "terms-changed", "change_percent=0 cumulative_percent=99"),
        ("g", "terms-changed", "change_percent=20 cumulative_percent=20"),
        ("h", "terms-changed", ""),
    ];
    of_changes(
        "RG-01",
        &changes,
        &[
            "a/price-raised: conforms",
            "b/price-cut: violates change-too-large",
            "c/dates-moved: undetermined ?change_percent",
            "g/terms-changed: violates change-too-large",
            "h/terms-changed: undetermined ?change_percent",
        ],
    );
    of_changes(
        "RG-15",
        &changes,
        &[
            "a/price-raised: conforms",
            "b/price-cut: violates cumulative-change-too-large",
            "c/dates-moved: undetermined ?cumulative_percent",
            "g/terms-changed: violates cumulative-change-too-large",
            "h/terms-changed: undetermined ?cumulative_percent",
        ],
    );
}

#[test]
fn margins_and_caps() {
    of_changes(
        "RG-03",
        &[
            ("a", "added", "source_contract_line=C/1 margin_percent=5"),
            ("b", "price-cut", "source_contract_line=C/1 margin_percent=4.9"),
            ("c", "price-cut", "source_contract_line=C/1"),
            ("d", "price-cut", "margin_percent=1"),
            ("e", "ended", "source_contract_line=C/1 margin_percent=1"),
            ("f", "price-cut", "old_source_contract_line=C/1"),
            ("g", "terms-changed", "old_source_contract_line=C/1"),
            ("h", "terms-changed", "source_contract_line=C/1 margin_percent=4"),
            (
                "i",
                "terms-changed",
                "old_source_contract_line=C/1 source_contract_line=C/1 margin_percent=4",
            ),
            (
                "j",
                "dates-moved",
                "old_source_contract_line=C/1 source_contract_line=C/2 margin_percent=6",
            ),
        ],
        &[
            "a/added: conforms",
            "b/price-cut: violates margin-below-floor",
            "c/price-cut: undetermined ?margin_percent",
            "d/price-cut: not-applicable",
            "f/price-cut: violates contract-line-dropped",
            "g/terms-changed: violates contract-line-dropped",
            "h/terms-changed: violates margin-below-floor",
            "j/dates-moved: conforms",
        ],
    );
    of_changes(
        "RG-04",
        &[
            ("a", "added", "customer_segment=intercompany margin_percent=15"),
            ("b", "added", "customer_segment=intercompany margin_percent=16"),
            ("c", "added", "customer_segment=retail margin_percent=16"),
            ("d", "added", "margin_percent=16"),
            ("e", "price-cut", "customer_segment=intercompany"),
        ],
        &[
            "a/added: conforms",
            "b/added: violates margin-outside-corridor",
            "c/added: not-applicable",
            "d/added: not-applicable",
            "e/price-cut: undetermined ?margin_percent",
        ],
    );
    of_changes(
        "RG-06",
        &[
            ("a", "price-raised", "cap_price=2"),
            ("b", "added", "cap_price=1.9"),
            ("c", "terms-changed", "cap_price=1.9"),
            ("d", "price-raised", ""),
            ("e", "terms-changed", "old_cap_price=2 cap_price=2.1"),
            ("f", "price-raised", "old_cap_price=2"),
            ("g", "terms-changed", "old_cap_price=2.1 cap_price=2"),
            ("h", "price-raised", "old_cap_price=1.5 cap_price=1.9"),
            ("i", "ended", "old_cap_price=2"),
        ],
        &[
            "a/price-raised: conforms",
            "b/added: violates price-above-cap",
            "c/terms-changed: violates price-above-cap",
            "d/price-raised: not-applicable",
            "e/terms-changed: violates cap-raised",
            "f/price-raised: violates cap-raised",
            "g/terms-changed: conforms",
            "h/price-raised: violates price-above-cap cap-raised",
        ],
    );
}

#[test]
fn tax_codes_units_and_methods() {
    of_changes(
        "RG-05",
        &[
            ("a", "price-raised", ""),
            ("b", "terms-changed", "old_tax_code=A1 new_tax_code=A2"),
            ("c", "terms-changed", "new_tax_code=A2"),
            ("d", "added", "new_tax_code=A2"),
        ],
        &[
            "a/price-raised: conforms",
            "b/terms-changed: violates tax-code-changed",
            "c/terms-changed: violates tax-code-changed",
        ],
    );
    of_changes(
        "RG-13",
        &[
            ("a", "price-raised", "old_unit=h new_unit=h"),
            ("b", "currency-changed", "new_currency=CHF"),
            ("c", "unit-changed", "old_unit=h new_unit=d"),
            ("d", "terms-changed", "old_unit=h"),
            ("e", "price-raised", "new_unit=h"),
            ("f", "dates-moved", "old_unit=h"),
        ],
        &[
            "b/currency-changed: violates currency-changed",
            "c/unit-changed: violates unit-changed",
            "d/terms-changed: violates unit-changed",
            "e/price-raised: violates unit-changed",
        ],
    );
    of_changes(
        "RG-10",
        &[
            ("a", "added", "method_doc_id=M method_in_force=true"),
            ("b", "added", "method_doc_id=M method_in_force=false"),
            ("c", "added", "method_doc_id=M"),
            ("d", "price-cut", ""),
            ("e", "terms-changed", "old_method_doc_id=M method_doc_id=M"),
            ("f", "terms-changed", "old_method_doc_id=M"),
            ("g", "terms-changed", "old_method_doc_id=M method_doc_id=N method_in_force=false"),
        ],
        &[
            "a/added: conforms",
            "b/added: violates method-not-in-force",
            "c/added: undetermined ?method_in_force",
            "d/price-cut: violates no-method-document",
            "f/terms-changed: violates no-method-document",
            "g/terms-changed: violates method-not-in-force",
        ],
    );
}

#[test]
fn times_of_a_change() {
    of_changes(
        "RG-07",
        &[
            ("a", "price-raised", "announced_on=2026-01-30 notice_days=30"),
            ("b", "price-raised", "announced_on=2026-01-31 notice_days=29"),
            ("c", "price-raised", ""),
            ("d", "price-raised", "announced_on=2026-01-30"),
            ("e", "dates-moved", "dearer=true"),
            ("f", "dates-moved", "dearer=false"),
            ("g", "price-cut", ""),
            ("h", "added", ""),
            ("i", "terms-changed", "change_percent=-5 dearer=true"),
            ("j", "terms-changed", "change_percent=0 dearer=false"),
            ("k", "tier-boundary-moved", ""),
        ],
        &[
            "a/price-raised: conforms",
            "b/price-raised: violates notice-too-short",
            "c/price-raised: violates not-announced",
            "d/price-raised: undetermined ?notice_days",
            "e/dates-moved: violates not-announced",
            "f/dates-moved: not-applicable",
            "i/terms-changed: violates not-announced",
            "k/tier-boundary-moved: undetermined ?dearer",
        ],
    );
    of_changes(
        "RG-08",
        &[
            ("a", "added", "closed_period=false"),
            ("b", "ended", "closed_period=true"),
            ("c", "terms-changed", ""),
            ("d", "gap", ""),
        ],
        &[
            "a/added: conforms",
            "b/ended: violates closed-period-changed",
            "c/terms-changed: undetermined ?closed_period",
        ],
    );
    of_changes(
        "RG-09",
        &[
            ("a", "price-cut", "retroactive=true declared_retroactive=true"),
            ("b", "price-cut", "retroactive=true"),
            ("c", "price-cut", ""),
        ],
        &[
            "a/price-cut: conforms",
            "b/price-cut: violates retroactive-not-declared",
            "c/price-cut: conforms",
        ],
    );
}

/// A baseline hides what was there before, but for money that nobody charges.
#[test]
fn faults_of_the_table() {
    let faults = [
        ("a", "gap", ""),
        ("b", "overlap", ""),
        ("c", "gap", "in_base=true"),
        ("d", "two-prices", ""),
        ("e", "two-prices", "in_base=true"),
        ("f", "usage-without-rate", ""),
        ("g", "usage-without-rate", "in_base=true"),
    ];
    of_changes(
        "RG-12",
        &faults,
        &["a/gap: violates gap", "b/overlap: violates overlap", "c/gap: not-applicable"],
    );
    of_changes(
        "RG-11",
        &faults,
        &["d/two-prices: violates two-prices", "e/two-prices: not-applicable"],
    );
    of_changes(
        "RG-16",
        &faults,
        &[
            "f/usage-without-rate: violates usage-without-rate",
            "g/usage-without-rate: violates usage-without-rate-in-base",
        ],
    );
}

/// What couldn't be put to usage is no zero.
#[test]
fn coverage_that_is_not_known_never_conforms() {
    of_changes(
        "RG-14",
        &[
            ("a", "added", "coverage=priced"),
            ("b", "added", "coverage=unpriced"),
            ("c", "added", "coverage=undetermined"),
            ("d", "gap", "coverage=not-rated"),
            ("e", "usage-without-rate", "coverage=not-rated quantity=1"),
        ],
        &[
            "a/added: conforms",
            "b/added: violates unpriced",
            "c/added: undetermined ?known_coverage",
            "d/gap: not-applicable",
            "e/usage-without-rate: not-applicable",
        ],
    );
}

#[test]
fn a_request_by_its_size_and_the_people_behind_it() {
    let request = |name: &str, rest: &str| {
        format!(
            "request={name} gate=rates currency=EUR authors=1 unknown_authors=0 protected_changes=0 {rest}"
        )
    };
    let requests = [
        request("a", "delta=-1000 valid_approvals=1"),
        request("b", "delta=-1000.01 valid_approvals=1"),
        request("c", "delta=60000 valid_approvals=3"),
        request("d", "valid_approvals=2"),
        request("e", "valid_approvals=1 emergency=true"),
        request("f", "delta=1 valid_approvals=9 unknown_authors=1"),
        request("g", "delta=1 valid_approvals=9 authors=0"),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    says(
        "RG-20",
        &[("gate-request-1", &requests)],
        &[
            "a/EUR: conforms",
            "b/EUR: violates approvals-missing",
            "c/EUR: conforms",
            "d/EUR: violates approvals-missing",
            "e/EUR: conforms",
            "f/EUR: undetermined ?counted_approvals",
            "g/EUR: undetermined ?counted_approvals",
        ],
    );
    says(
        "RG-02",
        &[("gate-request-1", &requests[..4])],
        &[
            "a/EUR: conforms",
            "b/EUR: conforms",
            "c/EUR: violates total-too-large",
            "d/EUR: not-applicable",
        ],
    );
    says(
        "RG-23",
        &[(
            "gate-request-1",
            &[
                "request=a gate=rates currency=EUR changes=1 protected_changes=0",
                "request=b gate=policies currency=CHF changes=1 protected_changes=2",
                "request=b gate=policies currency=EUR changes=1 protected_changes=2",
                "request=c gate=rates changes=0 protected_changes=2",
            ],
        )],
        &["a: conforms", "b: violates protected-files-changed", "c: not-applicable"],
    );
}

#[test]
fn which_approvals_count() {
    says(
        "RG-21",
        &[(
            "gate-approval-1",
            &[
                "approval_id=1 person=carol holds_role=true bound_to_diff=true",
                "approval_id=2 person=alice holds_role=true bound_to_diff=true author=true",
                "approval_id=3 person=bob holds_role=true bound_to_diff=false",
                "approval_id=4 holds_role=true bound_to_diff=true account_kind=unknown",
                "approval_id=5 person=dave bound_to_diff=true decision=dismissed",
            ],
        )],
        &[
            "1: conforms",
            "2: violates author-approves",
            "3: violates not-bound-to-diff",
            "4: undetermined ?person",
            "5: violates not-approved no-role",
        ],
    );
}

/// As of 2026-01-31: five days after the day of the deployment.
#[test]
fn an_emergency_is_reviewed_afterwards() {
    let changes: &[&str] = &[
        "change_id=ordinary deployed_at=2026-01-10T22:00:00Z",
        "change_id=in-time emergency=true deployed_at=2026-01-10T22:00:00Z",
        "change_id=late emergency=true deployed_at=2026-01-10T22:00:00Z",
        "change_id=never emergency=true deployed_at=2026-01-25T22:00:00Z",
        "change_id=still-time emergency=true deployed_at=2026-01-26T00:00:00Z",
        "change_id=before emergency=true deployed_at=2026-01-10T22:00:00Z",
        "change_id=not-deployed emergency=true",
        "change_id=refused emergency=true deployed_at=2026-01-10T22:00:00Z",
        // The same change, deployed twice: each is reviewed for itself.
        "change_id=in-time emergency=true deployed_at=2026-01-12T22:00:00Z",
    ];
    let approvals: &[&str] = &[
        "change_id=in-time role=post-review decision=rejected decided_at=2026-01-11T09:00:00Z",
        "change_id=late role=post-review decision=approved decided_at=2026-01-16T00:00:00Z",
        "change_id=never role=owner decision=approved decided_at=2026-01-26T00:00:00Z",
        "change_id=before role=post-review decision=approved decided_at=2026-01-10T21:00:00Z",
        "change_id=refused role=post-review decision=Approved decided_at=2026-01-11T09:00:00Z",
    ];
    says(
        "CM-04",
        &[("change-1", changes), ("approval-1", approvals)],
        &[
            "refused approval:decision:not-in-vocabulary",
            "in-time: conforms",
            "late: violates not-reviewed-in-time",
            "never: violates not-reviewed-in-time",
            "still-time: not-applicable",
            "before: violates not-reviewed-in-time",
            "not-deployed: not-applicable",
            "refused: undetermined ?approval",
            "in-time: violates not-reviewed-in-time",
        ],
    );
}
