#!/usr/bin/env python3
"""Reads an in-toto statement with a test result with the in-toto project's own library.

Usage: test_result.py LIBRARIES STATEMENT. The library knows statements; the fields of the predicate are held
against its specification here. A spoiled twin of each must be refused. Exit 0 only when all of it holds.
"""
import copy
import json
import re
import sys

sys.path.insert(0, sys.argv[1])

from google.protobuf import json_format  # noqa: E402
from in_toto_attestation.v1 import statement_pb2  # noqa: E402
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor  # noqa: E402
from in_toto_attestation.v1.statement import Statement  # noqa: E402

document = json.load(open(sys.argv[2], encoding="utf-8"))


def accepted(document):
    try:
        Statement.copy_from_pb(json_format.ParseDict(document, statement_pb2.Statement())).validate()
        predicate = document["predicate"]
        for one in document["subject"] + predicate["configuration"]:
            ResourceDescriptor(name=one["name"], digest=one["digest"]).validate()
            # Of a digest the library asks that it is there.
            assert re.fullmatch("[0-9a-f]{64}", one["digest"]["sha256"]), one
        lists = [predicate[name] for name in ("passedTests", "warnedTests", "failedTests")]
        names = sum(lists, [])
        return (
            document["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
            and set(predicate) <= {
                "result", "configuration", "url", "passedTests", "warnedTests", "failedTests"}
            and all(isinstance(name, str) for name in names)
            and len(names) == len(set(names)) > 0
            and predicate["result"] == ("FAILED" if lists[2] else "WARNED" if lists[1] else "PASSED")
        )
    except Exception as error:
        print(type(error).__name__, error)
        return False


def spoiled(change):
    twin = copy.deepcopy(document)
    change(twin)
    return twin


twins = [
    spoiled(lambda d: d["subject"][0]["digest"].clear()),
    spoiled(lambda d: d["subject"][0]["digest"].update(sha256="00")),
    spoiled(lambda d: d.update(predicateType="https://in-toto.io/attestation/link/v0.3")),
    spoiled(lambda d: d["predicate"].update(result="PASSED")),
    spoiled(lambda d: d["predicate"]["passedTests"].extend(d["predicate"]["failedTests"])),
]
told = [accepted(document), *(not accepted(twin) for twin in twins)]
print(told)
sys.exit(0 if all(told) else 1)
