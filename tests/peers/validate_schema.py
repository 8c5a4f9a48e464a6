#!/usr/bin/env python3
"""Validates a JSON report against the published schema with PyPI's jsonschema.

Usage: validate_schema.py SCHEMA REPORT. Then spoils the report in ways that the schema must refuse.
Exit 0 only when the report is valid and every spoiled twin is not.
"""
import copy
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1], encoding="utf-8"))
report = json.load(open(sys.argv[2], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
problems = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(report)]


def spoiled(path, value):
    twin = copy.deepcopy(report)
    place = twin
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return twin


for path, value in [
    (["extra"], "1"),
    (["result", "run", "extra"], "1"),
    (["pack", "log_index"], 7),
    (["result", "tests", 0, "outcome", "state"], "effective"),
    (["result", "tests", 0, "counts", "violates"], 3),
]:
    if validator.is_valid(spoiled(path, value)):
        problems.append(f"{path} = {value!r} was accepted")
print("\n".join(problems))
sys.exit(1 if problems else 0)
