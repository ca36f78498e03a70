"""URLs as iPXE joins them: relative names, for `tftp:` as for `http:` (RFC 3986, section 5)."""

from urllib.parse import urljoin


def join_url(base: str, name: str) -> str:
    """Return `name` resolved against the URL `base`. urllib does that for the schemes it knows, tftp is none."""
    if "://" in name:
        return name
    scheme, _, rest = base.partition("://")
    return f"{scheme}://" + urljoin(f"http://{rest}", name).removeprefix("http://")
