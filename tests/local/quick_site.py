"""`make run` without its preparation: every process, on an empty database.

With the argument "servers" it starts no more than the servers that the others need.
"""

import sys

from icrtop.local import site
from icrtop.local.__main__ import main

site.Site._prepare = lambda self: None
if "servers" in sys.argv:
    site.Site._start_processes = lambda self: ()
    site.Site._await_processes = lambda self: None
raise SystemExit(main(["run"]))
