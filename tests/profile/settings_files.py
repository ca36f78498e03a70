"""Settings files for tests, read without a store."""

import hashlib

from hobnail.profile.build import NamedFile
from hobnail.profile.checks import check_all
from hobnail.profile.configuration import Configuration
from hobnail.profile.document import read_document
from hobnail.profile.kinds_login import key_lines_of
from hobnail.profile.problems import InvalidSettingsError
from hobnail.profile.resolve import effective, effective_profile
from hobnail.profile.settings import Settings, Source

HASH = "$6$saltsalt$" + "a" * 86
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@desk"


def named_file(name: str, data: bytes) -> NamedFile:
    keys = key_lines_of(data) if name.endswith(".pub") else ()
    return NamedFile(Source(name, hashlib.sha256(data).hexdigest(), len(data)), keys)


def configuration(text: str, **files: bytes) -> Configuration:
    """What a settings file called a.toml comes to; in names of files `_` stands for a dot."""
    document = read_document([("a.toml", text.encode())])
    named = {name.replace("_", "."): data for name, data in files.items()}
    return Configuration(document.tables, document.places, {n: named_file(n, data) for n, data in named.items()})


def errors(text: str) -> list[str]:
    """The messages that a settings file gets."""
    try:
        read = configuration(text)
        problems = read.problems() or check_all(read)
        return [str(problem.error(read.places)) for problem in problems]
    except InvalidSettingsError as error:
        return [str(one) for one in error.errors]


def settings_of(read: Configuration, host: str = "", profile: str = "", image: str = "") -> Settings:
    """The settings of a host, of a profile, or of a host that is not named."""
    if profile:
        return effective_profile(read, profile, lambda _: {image}).settings
    return effective(read, read.hosts.by_name[host] if host else None, lambda _: {image}).settings
