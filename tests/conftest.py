"""Media of the three generations, made once for all tests: each takes seconds, most of them bzip2's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hobnail.app.demo.medium import make_medium
from hobnail.image.model import Generation
from tests.image.media import VERSIONS, spec
from tests.tools import need_tool


@pytest.fixture(scope="session")
def isos(tmp_path_factory: pytest.TempPathFactory) -> dict[Generation, Path]:
    """Return an installer ISO for each generation, 3.5 with plain, 4.0 with Rock Ridge, 4.1 with Joliet names."""
    need_tool("xorriso", "mkfs.fat", "mcopy", "bzip2", "tar")
    folder = tmp_path_factory.mktemp("media")
    paths = {generation: folder / f"{generation.name}.iso" for generation in VERSIONS}
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(make_medium, spec(generation), path, folder) for generation, path in paths.items()]
        for one in made:
            one.result()
    return paths
