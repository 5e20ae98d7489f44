"""`make lock`: write the requirements files anew from pyproject.toml."""

import os
import subprocess
import sys

from icrtop.local.folders import CHECKOUT
from icrtop.local.output import say

COMMON = (
    *("--universal", "--python-version", "3.12", "--generate-hashes", "--quiet"),
    *("--no-emit-index-url", "--no-header"),
)
FILES = {
    "requirements.txt": (),
    "requirements-dev.txt": ("--group", "dev", "-c", "requirements.txt"),
}


def run(arguments: list[str]) -> int:
    """Lock both files; arguments such as --upgrade go to uv. Returns the exit code."""
    # A name that looks fixed to uv is kept; only what is asked for is upgraded.
    for name, options in FILES.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml"]
        command += [*COMMON, *options, *arguments, "--output-file", name]
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            return done.returncode
        say("Locked", name)
    return 0
