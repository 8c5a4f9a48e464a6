#!/usr/bin/env python3
"""Validates documents, one a line on standard input, with PyPI's jsonschema.

Usage: validate_many.py SCHEMA. Prints `valid`, or where and why not, a line for each document.
"""
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    problem = next(validator.iter_errors(json.loads(line)), None)
    print("valid" if problem is None else f"{list(problem.path)}: {problem.message}".replace("\n", " "))
