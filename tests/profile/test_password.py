"""Password hashes: their shapes, against openssl, and what ESXi says of a password."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.image.model import Generation
from hobnail.profile.password import (
    SALT_ALPHABET,
    SALT_LENGTH,
    VENDOR_DEFAULT,
    Scheme,
    check_hash,
    hash_password,
    is_vendor_default,
    policy_doubts,
    scheme_of,
)
from hobnail.system.keys import make_salt
from tests.tools import need_tool

SHA512 = "$6$abc$MtSdWSZbhct2oe.SOqOUM2M/GA/uj5.vyVtJgRHgKi9uqXuWuJqOYE7H/YlsYGVg/YYzDV0xt3fEIwYt580.5."
MD5 = "$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc."
OPENSSL = {Scheme.SHA512: "-6", Scheme.MD5: "-1"}


def by_openssl(password: str, scheme: Scheme, salt: str) -> str:
    done = subprocess.run(
        ["openssl", "passwd", OPENSSL[scheme], "-salt", salt, "-stdin"],
        input=password.encode() + b"\n",
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("password", ["pw", "with blanks  ", "Grüße, 東京", "$1$'\"\\", "x" * 200])
def test_openssl_makes_the_same(scheme: Scheme, password: str) -> None:
    need_tool("openssl")
    salt = make_salt(scheme)
    made = hash_password(password, scheme, salt)
    assert made == by_openssl(password, scheme, salt)
    assert scheme_of(made) is scheme
    assert "rounds" not in made


def test_known_hashes() -> None:
    assert hash_password("pw", Scheme.SHA512, "abc") == SHA512
    assert hash_password("pw", Scheme.MD5, "abcdefgh") == MD5


@given(st.sampled_from(Scheme), st.text(st.characters(blacklist_characters="\0\r\n", codec="utf-8"), min_size=1))
@settings(max_examples=30, deadline=None)
def test_every_password_has_a_hash_of_the_right_shape(scheme: Scheme, password: str) -> None:
    assert scheme_of(hash_password(password, scheme, "./aZ09")) is scheme


@pytest.mark.parametrize("password", ["", "a\0b", "a\nb", "a\r", VENDOR_DEFAULT])
def test_passwords_that_cannot_be(password: str) -> None:
    with pytest.raises(UserError) as caught:
        hash_password(password, Scheme.SHA512, "abc")
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hunter2", "perhaps a password in clear text"),
        ("", "perhaps a password in clear text"),
        ("$hunter2", "perhaps a password in clear text"),
        ("$6$rounds=656000$abc$" + SHA512[7:], "rounds="),
        (SHA512[:-1], "damaged"),
        (SHA512 + "\n", "damaged"),
        (SHA512.replace("M", ":", 1), "damaged"),
        (MD5 + ".", "damaged"),
        ("$2b$12$" + "x" * 53, "of a kind that hosts may not read"),
        ("$y$j9T$abc$def", "of a kind that hosts may not read"),
        ("*", "perhaps a password in clear text"),
    ],
)
def test_what_is_no_hash_is_refused_and_not_repeated(text: str, what: str) -> None:
    with pytest.raises(UserError, match=r"^root\.password_hash: ") as caught:
        check_hash(text, where="root.password_hash")
    assert what in str(caught.value)
    assert "hobnail password" in str(caught.value)
    assert len(text) < 3 or text not in str(caught.value)


@pytest.mark.parametrize("generation", [None, *Generation])
def test_which_generation_reads_which_hash(generation: Generation | None) -> None:
    assert check_hash(MD5, where="x", generation=generation) is Scheme.MD5
    if generation is Generation.ESX35:
        with pytest.raises(UserError, match="--md5"):
            check_hash(SHA512, where="x", generation=generation)
    else:
        assert check_hash(SHA512, where="x", generation=generation) is Scheme.SHA512


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_hash_of_the_vendors_password_is_known(scheme: Scheme) -> None:
    need_tool("openssl")
    assert is_vendor_default(by_openssl(VENDOR_DEFAULT, scheme, "abcd"))
    assert not is_vendor_default(by_openssl("another", scheme, "abcd"))
    assert not is_vendor_default("")


@pytest.mark.parametrize("scheme", list(Scheme))
def test_salts(scheme: Scheme) -> None:
    salts = {make_salt(scheme) for _ in range(50)}
    assert len(salts) == 50
    assert all(len(salt) == SALT_LENGTH[scheme] and set(salt) <= set(SALT_ALPHABET) for salt in salts)


@pytest.mark.parametrize(
    ("password", "doubts"),
    [
        ("xQaTEhb!", 0),  # these four are the vendor's own examples
        ("xQaT3#A", 0),
        ("Xqat3hi", 1),
        ("xQaTEh2", 1),
        ("aB3#", 1),
        ("aB3#" * 10, 1),
        ("Root", 3),
        ("xQ3-root-x", 1),
        ("xX3#567" + "a" * 32, 0),
    ],
)
def test_the_default_policy(password: str, doubts: int) -> None:
    assert len(policy_doubts(password)) == doubts, policy_doubts(password)
