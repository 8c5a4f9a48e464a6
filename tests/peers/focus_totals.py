#!/usr/bin/env python3
"""Sums the amount columns of a FOCUS file by currency with Python's decimal module.

An independent reading: nothing here is shared with Tieout. Nulls are the text NULL, as the sample
writes them. A row is left out when a column that FOCUS 1.0 says must not be null is null.
Prints JSON: rows, accepted, refused (by column), totals (column -> currency -> text).
"""
import csv
import decimal
import json
import sys

decimal.getcontext().prec = 100
AMOUNTS = ["BilledCost", "ContractedCost", "EffectiveCost", "ListCost"]
NOT_NULL = AMOUNTS + ["BillingCurrency", "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd",
                      "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "InvoiceIssuerName",
                      "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"]

rows = accepted = 0
refused = {}
totals = {column: {} for column in AMOUNTS}
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        rows += 1
        missing = [column for column in NOT_NULL if row[column] == "NULL"]
        if missing:
            refused[missing[0]] = refused.get(missing[0], 0) + 1
            continue
        accepted += 1
        for column in AMOUNTS:
            by_currency = totals[column]
            currency = row["BillingCurrency"]
            by_currency[currency] = by_currency.get(currency, decimal.Decimal(0)) + decimal.Decimal(row[column])
print(json.dumps({
    "rows": rows, "accepted": accepted, "refused": refused,
    "totals": {c: {k: format(v, "f") for k, v in sorted(t.items())} for c, t in totals.items()},
}, indent=1))
