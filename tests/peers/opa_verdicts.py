"""What OPA says of rules over records: one JSON object a line on standard input, `{"rule": …,
"record": …}`, one word a line on standard output: `violation`, `nothing` or `error`.

OPA is found as opa.py says."""

import json
import sys

from opa import OpaEngine, OpaError

for line in sys.stdin:
    case = json.loads(line)
    module = 'package t\n\nviolation contains {"code": "c"} if {\n\t%s\n}\n' % case["rule"]
    with OpaEngine() as engine:
        try:
            engine.add_policy("t.rego", module)
            engine.add_data({"centres": {"C1": {"id": "C1"}}})
            found = engine.eval_query("found := count(data.t.violation)", json.loads(case["record"]))
            print("violation" if found[0]["found"] else "nothing")
        except OpaError:
            print("error")
