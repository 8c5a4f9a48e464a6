"""What OPA says of policies over records: `{"policies": [...], "records": [...], "data": {...}}` on
standard input; on standard output, for each policy, for each record, whether `data.t.violation` has
a member.

OPA runs in this process, as the library in the wheel opa-golib-python-bindings; its folder is
TIEOUT_OPA, else the package is looked for as installed. Without it: exit code 77."""

import json
import os
import sys

if os.environ.get("TIEOUT_OPA"):
    sys.path.insert(0, os.environ["TIEOUT_OPA"])
try:
    from opa_bindings import OpaEngine
except ImportError:
    sys.exit(77)

work = json.load(sys.stdin)
answers = []
for policy in work["policies"]:
    with OpaEngine() as engine:
        engine.add_policy("t.rego", policy)
        engine.add_data(work["data"])
        query = "found := count(data.t.violation)"
        found = [engine.eval_query(query, record)[0]["found"] > 0 for record in work["records"]]
        answers.append(found)
json.dump(answers, sys.stdout)
