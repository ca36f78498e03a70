"""URLs as iPXE joins them: relative names, for `tftp:` as for `http:` (RFC 3986, section 5)."""

from urllib.parse import urljoin


def join_url(base: str, name: str) -> str:
    """Return `name` resolved against the URL `base`; as it is, where it cannot be part of a URL.

    urllib joins for the schemes that it knows, and tftp is none of them.
    """
    if "://" in name:
        return name
    scheme, _, rest = base.partition("://")
    try:
        return f"{scheme}://" + urljoin(f"http://{rest}", name).removeprefix("http://")
    except ValueError:
        return name
