//! Money is exact.

use crate::harness::{body, decided};

#[test]
fn sums_and_products_of_amounts_are_exact() {
    let conforms = [
        "1.15 + 2.30 != 3.45",
        "33.33 * 3 != 99.99",
        "0.1 + 0.2 != 0.3",
        "1.10 != 1.1",
        "1e-7 != 0.0000001",
        "99999999999999999999999999999999999999 != 99999999999999999999999999999999999999.0",
        "-(1 - 3) != 2",
        "2 + 3 * 4 != 14",
        "(2 + 3) * 4 != 20",
        "10 - 3 - 2 != 5",
        "12345678901234567890123 - 12345678901234567890122 != 1",
    ];
    for text in conforms {
        assert_eq!(body(text, &[]), "conforms", "{text}");
    }
}

#[test]
fn columns_of_different_scales_compare_as_numbers() {
    let record = [("price", "1.15"), ("quantity", "3"), ("amount", "3.45")];
    assert_eq!(body("input.price * input.quantity != input.amount", &record), "conforms");
    assert_eq!(
        body("input.price * input.number == 3.45", &[("price", "1.15"), ("number", "3")]),
        "violates | x"
    );
}

#[test]
fn facts_carry_the_exact_difference() {
    let source = "violation contains {
	\"code\": \"cost-differs\",
	\"expected\": expected, \"actual\": input.amount,
	\"amount\": difference,
	\"message\": sprintf(\"%v of %s\", [expected, input.region]),
} if {
	expected := input.price * input.quantity
	difference := input.amount - expected
	abs(difference) > data.parameters.tolerance
}";
    let record =
        |amount| [("price", "0.125"), ("quantity", "3"), ("amount", amount), ("region", "EU")];
    let expected = "violates | cost-differs expected=0.37500000000000000000 actual=0.3600000000 \
                    amount=-0.01500000000000000000 message=0.37500000000000000000 of EU";
    assert_eq!(decided(source, &record("0.36")), expected);
    // At the tolerance itself nothing differs.
    assert_eq!(decided(source, &record("0.385")), "conforms");
}

#[test]
fn past_76_digits_a_record_is_undetermined() {
    let big = [("big", "99999999999999999999999999999999999999")];
    assert_eq!(body("input.big * input.big * 10 > 0", &big), "undetermined | overflow");
    assert_eq!(body("not input.big * input.big * 10 > 0", &big), "undetermined | overflow");
    assert_eq!(body("input.big * input.big > 0", &big), "violates | x");
}

#[test]
fn division_and_rounding_name_their_mode() {
    let conforms = [
        "decimal.div(2, 3, 4, \"half_even\") != 0.6667",
        "decimal.round(2.675, 2, \"half_up\") != 2.68",
        "decimal.round(-2.675, 2, \"half_down\") != -2.67",
        "decimal.round(2.5, 0, \"half_even\") != 2",
        "decimal.round(1.005, money.minor_units(\"BHD\"), \"half_up\") != 1.005",
        "decimal.parse(\"1.50\") != 1.5",
    ];
    for text in conforms {
        assert_eq!(body(text, &[]), "conforms", "{text}");
    }
    let zero = [("amount", "1"), ("quantity", "0")];
    let divided = "decimal.div(input.amount, input.quantity, 2, \"half_up\") > 1";
    assert_eq!(body(divided, &zero), "undetermined | division-by-zero quantity");
}
