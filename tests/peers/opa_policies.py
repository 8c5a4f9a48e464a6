"""What OPA says of policies over records: `{"policies": [...], "records": [...], "data": {...}}` on
standard input; on standard output, for each policy, for each record, whether `data.t.violation` has
a member.

OPA is found as opa.py says."""

import json
import sys

from opa import OpaEngine

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
