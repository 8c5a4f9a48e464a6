# METADATA
# title: A pool is divided by its key to the last unit
# description: >-
#   A part is what the pool's key gives to its recipient by largest remainder, it says which unit of it rounding
#   had left, it names the pool's key, and no recipient of the key is without a part.
# custom:
#   severity: high
#   references: [Allocation rules of the company, PCAOB AS 1105.20]
package billing.al_03

violation contains {
	"code": "allocation-differs",
	"expected": input.expected,
	"actual": input.amount,
	"amount": input.difference,
} if {
	input.difference != 0
}

# Where the amount is off, so is the unit: one fact is enough.
violation contains {
	"code": "adjustment-differs",
	"expected": input.expected_adj,
	"actual": input.rounding_adj,
} if {
	input.difference == 0
	input.rounding_adj != input.expected_adj
}

violation contains {
	"code": "key-differs",
	"message": sprintf("the pool's key is %s, the part names %s", [input.pool_key, input.key_id]),
} if {
	input.key_id != input.pool_key
}

violation contains {
	"code": "recipient-without-part",
	"expected": input.missing,
	"actual": 0,
	"amount": 0 - input.missing,
} if {
	input.missing != 0
}
