"""Which names of an image HTTP caches may keep for ever: its modules, not what a newer loader may stand in for."""

from pathlib import Path

from hobnail.boot.content import BytesContent, FileContent
from tests.boot.site import OneImage, catalogue_of
from tests.images import image_40
from tests.serve.running_httpd import curl, serving


def test_modules_are_kept_for_ever_and_loaders_asked_for_again(tmp_path: Path) -> None:
    image = image_40()
    blob = tmp_path / "blob"
    blob.write_bytes(bytes(10))
    catalogue = catalogue_of(OneImage(image, loaders={"pxelinux.0": FileContent(blob, 10)}), lambda _: blob)
    names = ("/pxelinux.0", f"/{image.short_id}/{image.kernel.name}")
    found = {name: catalogue.find(name, "127.0.0.1") for name in names}
    with serving({name: content for name, content in found.items() if isinstance(content, FileContent)}) as running:
        loader, kernel = (curl("-I", running.url(name)).decode().lower() for name in names)
    assert "cache-control: no-cache\r\n" in loader
    assert "etag: " in loader
    assert "immutable\r\n" in kernel


def test_what_is_made_for_one_host_is_kept_by_no_cache() -> None:
    names = {"/boot.cfg": BytesContent(b"kernel=b.b00"), "/hobnail.tgz": BytesContent(b"keys", private=True)}
    with serving(names) as running:
        config, overlay = (curl("-I", running.url(name)).decode().lower() for name in names)
        part = curl("-i", "-r", "0-1", running.url("/hobnail.tgz")).decode().lower()
    assert "cache-control: no-cache\r\n" in config
    for reply in (overlay, part):
        assert "cache-control: no-store\r\n" in reply
        assert "no-cache" not in reply
