"""setup.sh: an environment from the right Python, or one line that says what is wrong."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.local.runs import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A checkout with nothing but the script and a lock file."""
    folder = tmp_path / "checkout"
    (folder / "icrtop" / "local").mkdir(parents=True)
    shutil.copy(ROOT / "icrtop" / "local" / "setup.sh", folder / "icrtop" / "local")
    (folder / "requirements-dev.txt").write_text("nothing==1.0\n")
    return folder


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def set_up(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    tools = checkout.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "dirname", "cmp", "grep", "cp", "mv", "rm", "mkdir", "cat", "flock"):
        if (found := shutil.which(name)) and not (tools / name).exists():
            (tools / name).symlink_to(found)
    path = f"{checkout.parent / 'bin'}:{tools}"
    return subprocess.run(
        ["sh", str(checkout / "icrtop" / "local" / "setup.sh")],
        env={"PATH": path, "HOME": str(checkout.parent / "home")} | env,
        capture_output=True,
        text=True,
        timeout=60,
    )


# Makes a .venv whose pip fails the first time; counts how often it is asked.
NEW_PYTHON = """
case "$*" in
  *version_info*) echo 3.13.5; exit 0 ;;
  *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python; exit 0 ;;
  *"pip install"*) echo x >> pip-runs; [ -e "pip-works" ] ;;
esac
"""


def test_only_old_pythons_are_named_and_refused(checkout):
    for name, version in (("python3", "3.11.2"), ("python", "2.7.18")):
        program(checkout.parent / "bin" / name, f"echo {version}; exit 1")
    program(checkout.parent / "bin" / "python3.13", "echo 'pyenv: not installed' >&2; exit 127")
    done = set_up(checkout)
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert "Python 3.12 or newer is needed" in done.stdout
    assert "python3 is 3.11.2, python is 2.7.18" in done.stdout
    assert not (checkout / ".venv").exists()


def test_a_named_python_that_does_not_run_is_told(checkout):
    done = set_up(checkout, PYTHON="/nonexistent/python")
    assert (done.returncode, done.stdout) == (
        1,
        "Stopped: PYTHON=/nonexistent/python does not run.\n",
    )


def test_a_python_of_pyenv_is_found(checkout):
    (checkout / "pip-works").touch()
    program(checkout.parent / "bin" / "python3", "echo 3.11.2; exit 1")
    program(checkout.parent / "home" / ".pyenv/versions/3.13.5/bin/python", NEW_PYTHON)
    done = set_up(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Python 3.13.5" in done.stdout


def test_packages_are_installed_once_per_lock_file_and_again_after_a_failure(checkout):
    program(checkout.parent / "bin" / "python3.13", NEW_PYTHON)
    pip_runs = checkout / "pip-runs"
    assert "could not be installed" in set_up(checkout).stdout
    (checkout / "pip-works").touch()
    for _ in range(2):
        assert set_up(checkout).returncode == 0
    assert pip_runs.read_text().count("x") == 2
    (checkout / "requirements-dev.txt").write_text("nothing==2.0\n")
    assert set_up(checkout).returncode == 0
    assert pip_runs.read_text().count("x") == 3


def test_an_environment_whose_python_has_gone_is_made_anew(checkout):
    (checkout / "pip-works").touch()
    program(checkout.parent / "bin" / "python3.13", NEW_PYTHON)
    assert set_up(checkout).returncode == 0
    (checkout / ".venv" / "bin" / "python").unlink()
    assert set_up(checkout).returncode == 0
    assert (checkout / ".venv" / "bin" / "python").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(checkout):
    checkout.chmod(0o500)
    done = set_up(checkout)
    checkout.chmod(0o700)
    assert done.returncode == 1
    assert "no permission to write" in done.stdout
