"""What OPA says of rules over records: one JSON object a line on standard input, `{"rule": …,
"record": …}`, one word a line on standard output: `violation`, `nothing` or `error`.

OPA runs in this process, as the library in the wheel opa-golib-python-bindings; its folder is
TIEOUT_OPA, else the package is looked for as installed. Without it: exit code 77."""

import json
import os
import sys

if os.environ.get("TIEOUT_OPA"):
    sys.path.insert(0, os.environ["TIEOUT_OPA"])
try:
    from opa_bindings import OpaEngine, OpaError
except ImportError:
    sys.exit(77)

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
