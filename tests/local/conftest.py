import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.runs import launch, wait_until_none_is_left


def _fresh(folder: Path) -> Iterator[Path]:
    var = folder / "var"
    yield var
    wait_until_none_is_left(var)
    launch("reset", var=var, FORCE="1")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    """A place for local data that every user of the machine can reach."""
    folder = Path(tempfile.mkdtemp(prefix="icrtop-test-"))
    folder.chmod(0o755)
    yield from _fresh(folder)


@pytest.fixture
def private_var() -> Iterator[Path]:
    """A place for local data that only we can reach."""
    yield from _fresh(Path(tempfile.mkdtemp(prefix="icrtop-test-")))
