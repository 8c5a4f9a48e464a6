package billing.gl_01_test

import data.billing.gl_01

conforming := {
	"ServiceName": "Object Storage",
	"SubAccountId": "SA-1",
	"ChargeCategory": "Usage",
	"services": 1,
	"accounts": 1,
	"BilledCost": 12.5,
}

codes(record) := found if {
	found := {fact.code | some fact in gl_01.violation} with input as record
}

facts(record) := found if {
	found := gl_01.violation with input as record
}

undetermined(record) := found if {
	found := {cause.column | some cause in gl_01.undetermined} with input as record
}

test_conforms if {
	codes(conforming) == set()
}

test_service_unmapped if {
	codes(object.union(conforming, {"services": 0, "accounts": 0})) == {"service-unmapped"}
}

# One service is right, two are too many, whatever the accounts.
test_service_ambiguous if {
	every accounts in [0, 1, 2] {
		codes(object.union(conforming, {"services": 2, "accounts": accounts})) == {"service-ambiguous"}
	}
}

test_account_missing if {
	codes(object.union(conforming, {"accounts": 0})) == {"account-missing"}
}

# One account is right, two are too many.
test_boundary if {
	codes(object.union(conforming, {"accounts": 2})) == {"account-ambiguous"}
}

# The counts are null where the charge has no sub-account: the record is undetermined.
test_null_sub_account if {
	record := object.union(conforming, {"SubAccountId": null, "services": null, "accounts": null})
	codes(record) == set()
}

# Without a column that a rule reads there is nothing to report: the record is undetermined.
test_missing_column if {
	unmapped := object.union(conforming, {"services": 0, "accounts": 0})
	codes(object.remove(unmapped, ["services"])) == set()
	undetermined(object.remove(unmapped, ["services"])) == {"services"}
	ambiguous := object.union(conforming, {"accounts": 2})
	codes(object.remove(ambiguous, ["accounts"])) == set()
	undetermined(object.remove(ambiguous, ["accounts"])) == {"accounts"}
}

test_facts if {
	facts(object.union(conforming, {"services": 0})) == {{
		"code": "service-unmapped",
		"actual": "Object Storage",
		"amount": 12.5,
		"message": "no service is declared for the provider's service and sub-account",
	}}
	facts(object.union(conforming, {"services": 2})) == {{
		"code": "service-ambiguous",
		"expected": 1,
		"actual": 2,
		"amount": 12.5,
		"message": "the provider's service and sub-account map to more than one service and entity",
	}}
	facts(object.union(conforming, {"accounts": 0})) == {{
		"code": "account-missing",
		"expected": 1,
		"actual": 0,
		"amount": 12.5,
		"message": "no ledger account is in force for Usage charges of the service and entity",
	}}
	facts(object.union(conforming, {"accounts": 2})) == {{
		"code": "account-ambiguous",
		"expected": 1,
		"actual": 2,
		"amount": 12.5,
		"message": "more than one ledger account is in force for Usage charges of the service and entity",
	}}
}

# The one cause is the sub-account, not the counts that it leaves null. An empty one is one too.
test_cause_is_the_sub_account if {
	none := object.union(conforming, {"SubAccountId": null, "services": null, "accounts": null})
	undetermined(none) == {"SubAccountId"}
	codes(object.union(conforming, {"SubAccountId": "", "services": 0})) == {"service-unmapped"}
}
