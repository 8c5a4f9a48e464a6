# METADATA
# title: Every charge maps to exactly one ledger account
# description: >-
#   The provider's service and sub-account map to exactly one service and entity of ours, and exactly one
#   account is in force for them and the charge category when the charge period starts.
# custom:
#   severity: high
#   references: [Company chart of accounts]
package billing.gl_01

# The mapping needs a sub-account. Without one nothing can be decided, and this asks for it first so that
# the one cause named is the missing sub-account, not each count that it leaves null.
applicable if {
	count(input.SubAccountId) >= 0
}

violation contains {
	"code": "service-unmapped",
	"actual": input.ServiceName,
	"amount": input.BilledCost,
	"message": "no service is declared for the provider's service and sub-account",
} if {
	input.services == 0
}

# Which account is right hangs on the service, so that accounts are asked for one service alone.
violation contains {
	"code": "service-ambiguous",
	"expected": 1,
	"actual": input.services,
	"amount": input.BilledCost,
	"message": "the provider's service and sub-account map to more than one service and entity",
} if {
	input.services > 1
}

violation contains {
	"code": "account-missing",
	"expected": 1,
	"actual": input.accounts,
	"amount": input.BilledCost,
	"message": sprintf("no ledger account is in force for %s charges of the service and entity", [input.ChargeCategory]),
} if {
	input.services == 1
	input.accounts == 0
}

violation contains {
	"code": "account-ambiguous",
	"expected": 1,
	"actual": input.accounts,
	"amount": input.BilledCost,
	"message": sprintf("more than one ledger account is in force for %s charges of the service and entity", [input.ChargeCategory]),
} if {
	input.services == 1
	input.accounts > 1
}
