# METADATA
# title: VAT category follows the treatment table
# description: >-
#   The table gives the category for the line's zone, relation, buyer type, VAT number and kind of service.
#   VAT that was charged where the treatment bears none is reported as such; any other difference as a
#   wrong category.
# custom:
#   severity: critical
#   references: [Directive 2006/112/EC art. 44, Directive 2006/112/EC art. 58, Directive 2006/112/EC art. 196]
package vat.vat_01

treatment := data.treatment[input.treatment_key]

# Where the treatment isn't known nothing can be decided; asked first, so that it is one cause.
applicable if {
	treatment.category != ""
}

violation contains {
	"code": "vat-charged-not-due",
	"expected": 0,
	"actual": input.vat_amount,
	"amount": input.vat_amount,
	"message": sprintf("category %s bears no VAT", [treatment.category]),
} if {
	charged_not_due
}

violation contains {
	"code": "wrong-category",
	"expected": treatment.category,
	"actual": input.vat_category,
} if {
	input.vat_category != treatment.category
	not charged_not_due
}

charged_not_due if {
	treatment.bears_vat == false
	input.vat_amount != 0
}
