"""OPA in this process, as the library in the wheel opa-golib-python-bindings: its folder is TIEOUT_OPA,
else the package is looked for as installed. Without it: exit code 77."""

import os
import sys

if os.environ.get("TIEOUT_OPA"):
    sys.path.insert(0, os.environ["TIEOUT_OPA"])
try:
    from opa_bindings import OpaEngine, OpaError  # noqa: F401
except ImportError:
    sys.exit(77)
