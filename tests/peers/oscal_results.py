#!/usr/bin/env python3
"""Reads OSCAL assessment results with two implementations that others wrote.

Usage: oscal_results.py LIBRARIES DOCUMENT. compliance-trestle builds the document from its models and must
write out what it read; the package oscal checks it against the metaschema. Neither looks at references, so
these are looked at here. Each check must refuse a spoiled twin. Exit 0 only when all of it holds.
"""
import copy
import json
import logging
import pathlib
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
logging.disable(logging.CRITICAL)

import oscal  # noqa: E402
from trestle.oscal.assessment_results import AssessmentResults  # noqa: E402

document = json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))


def trestle_reads(document):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "results.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            read = AssessmentResults.oscal_read(path)
        except Exception:
            return False
        if read is None:
            return False
        again = json.loads(read.oscal_serialize_json())
    return same(again, document)


def same(a, b):
    """Equal but for how an instant is written."""
    text = json.dumps(a, sort_keys=True).replace("+00:00", "Z")
    return text == json.dumps(b, sort_keys=True).replace("+00:00", "Z")


def metaschema_accepts(document):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "results.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            return bool(oscal.OSCAL.load(str(path)).validate())
        except Exception:
            return False


def references_hold(document):
    defined, used = [], set()

    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                for text in inner if isinstance(inner, list) else [inner]:
                    if not isinstance(text, str):
                        continue
                    if key == "uuid":
                        defined.append(text)
                    elif key.endswith(("-uuid", "-uuids")):
                        used.add(text)
                    elif key == "href" and text.startswith("#"):
                        used.add(text[1:])
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    return len(defined) == len(set(defined)) and used <= set(defined)


def spoiled(change):
    twin = copy.deepcopy(document)
    change(twin["assessment-results"])
    return twin


def result(document):
    return document["results"][0]


unknown = spoiled(lambda d: result(d).update({"verdict": "good"}))
state = spoiled(lambda d: result(d)["findings"][0]["target"]["status"].update(state="good"))
dangling = spoiled(lambda d: result(d)["findings"][0]["related-observations"][0].update(
    {"observation-uuid": "11111111-1111-4111-8111-111111111111"}))
told = {
    "trestle": trestle_reads(document),
    "trestle refuses an unknown field": not trestle_reads(unknown),
    "trestle refuses an unknown state": not trestle_reads(state),
    "metaschema": metaschema_accepts(document),
    "metaschema refuses an unknown state": not metaschema_accepts(state),
    "references": references_hold(document),
    "references refuse one that leads nowhere": not references_hold(dangling),
    "version": document["assessment-results"]["metadata"]["oscal-version"] == "1.2.1",
    "findings": len(result(document["assessment-results"])["findings"]) > 10,
}
for what, holds in told.items():
    print(what, "holds" if holds else "DOES NOT HOLD")
sys.exit(0 if all(told.values()) else 1)
