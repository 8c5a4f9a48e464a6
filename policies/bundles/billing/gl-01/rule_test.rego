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
	ambiguous := object.union(conforming, {"accounts": 2})
	codes(object.remove(ambiguous, ["accounts"])) == set()
}
