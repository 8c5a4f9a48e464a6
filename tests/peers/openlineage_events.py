#!/usr/bin/env python3
"""Reads OpenLineage events with the project's own Python client.

Usage: openlineage_events.py FACETS_SCHEMA EVENTS. Each event is built anew from the client's classes, which
check what they hold, and must come out of them as it went in; each facet must be of the version that
the client knows. Our own facets are checked against their schema with jsonschema, and a spoiled twin
of each must be refused. Exit 0 only when all of it holds.
"""
import importlib
import json
import pkgutil
import sys

import jsonschema
import openlineage.client.generated as generated
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import parent_run
from openlineage.client.serde import Serde

CLASSES = {}
NESTED = {}
for module in pkgutil.iter_modules(generated.__path__):
    loaded = importlib.import_module(f"openlineage.client.generated.{module.name}")
    for thing in vars(loaded).values():
        if isinstance(thing, type) and hasattr(thing, "_get_schema"):
            CLASSES[thing._get_schema()] = thing
            NESTED[thing.__name__] = thing

OWN = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(OWN)
problems = []
used = set()


def own(facet):
    """Checks a facet of ours."""
    base, _, place = facet["_schemaURL"].partition("#")
    assert base == OWN["$id"], facet["_schemaURL"]
    validator = jsonschema.Draft202012Validator({**OWN, "$ref": "#" + place})
    problems.extend(f"{place}: {list(e.path)}: {e.message}" for e in validator.iter_errors(facet))
    for name in list(facet):
        lacking = {k: v for k, v in facet.items() if k != name}
        if validator.is_valid(lacking):
            problems.append(f"{place} without {name} was accepted")
    if validator.is_valid({**facet, "extra": "1"}):
        problems.append(f"{place} with a field more was accepted")


def facets(found):
    """The facets as objects of the client."""
    objects = {}
    for key, facet in found.items():
        if key.startswith("tieout_"):
            own(facet)
            continue
        fields = {k: v for k, v in facet.items() if not k.startswith("_")}
        if "tests" in fields:
            fields["tests"] = [NESTED["TestExecution"](**test) for test in fields["tests"]]
        if key == "parent":
            fields = {"run": parent_run.Run(**fields["run"]), "job": parent_run.Job(**fields["job"])}
        used.add(key)
        objects[key] = CLASSES[facet["_schemaURL"]](producer=facet["_producer"], **fields)
    return objects


def plain(value):
    """Without our own facets and what is empty: the client leaves empty things out or in."""
    if isinstance(value, dict):
        kept = {k: plain(v) for k, v in value.items() if not k.startswith("tieout_")}
        return {k: v for k, v in kept.items() if v not in ({}, [], None)}
    return [plain(v) for v in value] if isinstance(value, list) else value


lines = open(sys.argv[2], encoding="utf-8").read().splitlines()
for number, line in enumerate(lines, 1):
    event = json.loads(line)

    def datasets(kind, field):
        return [kind(d["namespace"], d["name"], facets=facets(d["facets"])) for d in event[field]]

    rebuilt = RunEvent(
        eventType=RunState[event["eventType"]],
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=Run(event["run"]["runId"], facets(event["run"]["facets"])),
        job=Job(event["job"]["namespace"], event["job"]["name"], facets(event["job"]["facets"])),
        inputs=datasets(InputDataset, "inputs"),
        outputs=datasets(OutputDataset, "outputs"),
    )
    if plain(Serde.to_dict(rebuilt)) != plain(event):
        problems.append(f"line {number} comes back otherwise")
if not lines or not {"parent", "test", "version", "nominalTime"} <= used:
    problems.append(f"events or facets are missing: {len(lines)}, {sorted(used)}")
print("\n".join(problems[:20]))
sys.exit(1 if problems else 0)
