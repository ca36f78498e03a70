"""Who may log in by key, and the keys that the host itself is known by."""

from collections.abc import Iterator
from functools import lru_cache

from hobnail.errors import UserError
from hobnail.profile.overlay.member import STICKY, Member
from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.overlay.values import CONTROL

_PRIVATE = STICKY | 0o600


def part(request: Request) -> Part:
    """Files only; what a host's own keys are is in its secrets."""
    keys = request.settings.ssh.authorized_keys
    members = [_authorized(keys, request.legacy)] if keys else []
    return Part((*members, *_ssh_host_keys(request), *_certificate(request)))


@lru_cache(256)
def _authorized(keys: tuple[str, ...], legacy: bool) -> Member:
    for key in keys:
        if CONTROL.search(key) or not key.strip():
            raise UserError(f"{key!r} is no line of authorized_keys", where="ssh.authorized_keys")
    path = ".ssh/authorized_keys" if legacy else "etc/ssh/keys-root/authorized_keys"
    return Member(path, ("\n".join(keys) + "\n").encode(), _PRIVATE)


def _ssh_host_keys(request: Request) -> Iterator[Member]:
    secrets = request.secrets
    if not request.settings.ssh.keep_host_keys:
        return
    if request.legacy:
        if secrets.dropbear_key:
            yield Member("etc/dropbear/dropbear_rsa_host_key", secrets.dropbear_key, _PRIVATE, own=True)
        return
    if secrets.rsa_key:
        yield Member("etc/ssh/ssh_host_rsa_key", secrets.rsa_key.encode(), _PRIVATE, own=True)
    if secrets.ecdsa_key and request.release >= (7, 0, 0):
        yield Member("etc/ssh/ssh_host_ecdsa_key", secrets.ecdsa_key.encode(), _PRIVATE, own=True)


def _certificate(request: Request) -> Iterator[Member]:
    secrets = request.secrets
    if request.settings.keep_certificate and secrets.tls_key and secrets.tls_certificate:
        yield Member("etc/vmware/ssl/rui.crt", secrets.tls_certificate.encode(), STICKY | 0o644, own=True)
        yield Member("etc/vmware/ssl/rui.key", secrets.tls_key.encode(), STICKY | 0o400, own=True)
