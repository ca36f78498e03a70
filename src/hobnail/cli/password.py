"""`hobnail password`: a hash for a profile, without the password ever standing in a command line or a file."""

import sys

import click

from hobnail.errors import UserError

LARGEST = 4096
"""Bytes of a password from standard input."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--md5", is_flag=True, help="An md5-crypt hash, for ESX 3.5.")
@click.option("--stdin", is_flag=True, help="Read the password from standard input, one line, and do not ask.")
@click.pass_context
def password(ctx: click.Context, md5: bool, stdin: bool) -> None:
    """Ask for a password (twice, not shown) and print its hash for root.password_hash in a profile."""
    from hobnail.profile.password import Scheme, hash_password, policy_doubts
    from hobnail.system.keys import make_salt

    if ctx.args:  # taken and not repeated: it may well be a password
        raise UserError("takes no arguments: others see them", next_step="run `hobnail password`, which asks for it")
    given = _from_stdin() if stdin else _asked()
    scheme = Scheme.MD5 if md5 else Scheme.SHA512
    hashed = hash_password(given, scheme, make_salt(scheme))
    for doubt in policy_doubts(given):
        click.echo(f"hobnail: warning: ESXi's default policy would refuse this password: {doubt}", err=True)
    click.echo(hashed)


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UserError("there is no terminal to ask at", next_step="add --stdin to read it from standard input")
    answer: str = click.prompt("Password for root", hide_input=True, confirmation_prompt="The same again", err=True)
    return answer


def _from_stdin() -> str:
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UserError(f"more than {LARGEST} bytes on standard input", next_step="hand in one line")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError("standard input is not UTF-8", next_step="hand in one line of text") from error
    line = text.removesuffix("\n").removesuffix("\r")
    if "\n" in line:
        raise UserError("more than one line on standard input", next_step="hand in one line")
    return line
