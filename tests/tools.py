"""Foreign programs that tests need: skipped with a clear line where one is missing, failed where CI is set."""

import os
import shutil

import pytest


def need_tool(*names: str) -> None:
    """Skip the test when a program is not installed; in CI that is a failure, so that nothing goes untested."""
    missing = [name for name in names if shutil.which(name) is None]
    if not missing:
        return
    text = f"not installed: {', '.join(missing)} (`make setup` as root installs what the tests need)"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def need_root() -> None:
    """Skip the test when not root (network namespaces, low ports); in CI that is a failure."""
    if os.geteuid() == 0:
        return
    text = "needs root, to make network namespaces"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def need_file(path: str, package: str) -> None:
    """Skip the test when a package's file is not installed; in CI that is a failure."""
    if os.path.exists(path):
        return
    text = f"not installed: {path} of package {package} (`make setup` as root installs what the tests need)"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
