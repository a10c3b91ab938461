"""Encrypted values are counted apart and never judged, unless a serializer decrypts them."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from langgraph.checkpoint.serde.base import CipherProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from parity_kit.candidates.workspace import Workspace
from parity_kit.cli.gate import command as gate
from parity_kit.contract.errors import ExitCode, UsageError

KEYS = """
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer


class Flip:
    def __init__(self, key):
        self.key = key

    def encrypt(self, plaintext):
        return "flip", bytes(byte ^ self.key for byte in plaintext)

    def decrypt(self, ciphername, ciphertext):
        if ciphername != "flip" or self.key != 7:
            raise ValueError("MAC check failed")
        return bytes(byte ^ self.key for byte in ciphertext)


serde = EncryptedSerializer(Flip(7))
other = EncryptedSerializer(Flip(8))
number = 5


def make():
    return serde
"""


class Flip(CipherProtocol):
    """Enough of a cipher: what it makes of a value is no MessagePack."""

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        return "flip", bytes(byte ^ 7 for byte in plaintext)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        raise NotImplementedError


@pytest.fixture
def encrypted(tmp_path: Path, fill: Callable[[Any], None]) -> Path:
    """A database that a saver with an `EncryptedSerializer` wrote."""
    path = tmp_path / "encrypted.sqlite"
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        fill(SqliteSaver(connection, serde=EncryptedSerializer(Flip())))
    return path


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current directory that holds serializers; its name."""
    name = f"keys_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(KEYS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LANGGRAPH_AES_KEY", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return name


def test_encrypted_values_are_counted_and_never_equal(
    encrypted: Path, workspace: Workspace, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    summary = json.loads(call("import", "--sqlite", encrypted, "--json"))
    assert summary["encrypted"] == {"msgpack+flip": 18}
    assert summary["values"] == {"metadata": 6}  # which no saver encrypts
    output = call("import", "--sqlite", encrypted, "--replace")
    assert "encrypted, not looked at: 18 of type msgpack+flip" in output
    assert "--serde MODULE:NAME" in output
    answer = judge("own")
    assert answer["compared"] == 6
    assert answer["gates"][0]["notes"] == ["not looked at: 18 encrypted values"]
    args = ["pure", "--corpus", "imported:own", "--workspace", str(workspace.root)]
    output = CliRunner().invoke(gate, args, standalone_mode=False).stdout
    first = "✓ equal: 6 of 6 cases equal at level bytes; not looked at: 18 encrypted values"
    assert first in output.splitlines()
    assert "corpus imported:own: not looked at: 18 encrypted values" in output


def test_a_corpus_of_which_everything_is_encrypted_is_unknown(
    encrypted: Path, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    with closing(sqlite3.connect(encrypted)) as connection:
        connection.execute("UPDATE checkpoints SET metadata = NULL")
        connection.commit()
    call("import", "--sqlite", encrypted)
    answer = judge("own")
    assert (answer["compared"], answer["exit_code"]) == (0, ExitCode.NOT_JUDGED)


@pytest.mark.parametrize("name", ["serde", "make"])
def test_a_serializer_decrypts_them(
    encrypted: Path, keys: str, name: str, call: Callable[..., str], judge: Callable[..., Any]
) -> None:
    serde = f"{keys}:{name}"
    summary = json.loads(call("import", "--sqlite", encrypted, "--serde", serde, "--json"))
    assert summary["encrypted"] == {}
    answer = judge("own")
    assert (answer["verdict"], answer["compared"]) == ("equal", 24)
    assert "24 values" in call("check", "--loss", "--sqlite", encrypted, "--serde", serde)


def test_another_key_decrypts_nothing(encrypted: Path, keys: str, call: Callable[..., str]) -> None:
    output = call("import", "--sqlite", encrypted, "--serde", f"{keys}:other")
    assert "encrypted, not looked at: 18 of type msgpack+flip" in output
    assert "is it another key?" in output


def test_loss_says_what_it_did_not_look_at(encrypted: Path, call: Callable[..., str]) -> None:
    output = call("check", "--loss", "--sqlite", encrypted)
    assert "6 values of 6 checkpoints" in output
    assert "18 encrypted values were not looked at" in output
    with closing(sqlite3.connect(encrypted)) as connection:
        connection.execute("UPDATE checkpoints SET metadata = NULL")
        connection.commit()
    output = call("check", "--loss", "--sqlite", encrypted, code=int(ExitCode.NOT_JUDGED))
    assert "nothing was checked" in output


@pytest.mark.parametrize(
    ("serde", "says"),
    [
        ("serde", "expected MODULE:NAME, got 'serde'"),
        ("no_such_module:serde", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("KEYS:missing", "AttributeError: module 'KEYS' has no attribute 'missing'"),
        ("KEYS:number", "expected an EncryptedSerializer, got int"),
        (
            "langgraph.checkpoint.serde.encrypted:EncryptedSerializer.from_pycryptodome_aes",
            r"Pycryptodome is not installed|LANGGRAPH_AES_KEY environment variable is not set",
        ),
    ],
)
def test_a_serializer_that_cannot_be_had_is_named(
    encrypted: Path, keys: str, serde: str, says: str, call: Callable[..., str]
) -> None:
    with pytest.raises(UsageError, match=says.replace("KEYS", keys)) as caught:
        call("import", "--sqlite", encrypted, "--serde", serde.replace("KEYS", keys))
    assert caught.value.where.startswith("--serde")


AES = """
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer

serde = EncryptedSerializer.from_pycryptodome_aes(key=b"0123456789abcdef")
other = EncryptedSerializer.from_pycryptodome_aes(key=b"fedcba9876543210")
"""


def test_aes_as_langgraph_writes_it(
    tmp_path: Path,
    keys: str,
    fill: Callable[[Any], None],
    call: Callable[..., str],
    judge: Callable[..., Any],
) -> None:
    pytest.importorskip("Crypto.Cipher.AES", reason="no pycryptodome is installed")
    keys = f"{keys}_aes"
    (tmp_path / f"{keys}.py").write_text(AES)
    path = tmp_path / "aes.sqlite"
    serde = EncryptedSerializer.from_pycryptodome_aes(key=b"0123456789abcdef")
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        fill(SqliteSaver(connection, serde=serde))
    summary = json.loads(call("import", "--sqlite", path, "--json"))
    assert (summary["encrypted"], summary["cases"]) == ({"msgpack+aes": 18}, 6)
    answer = judge("own")
    assert (answer["verdict"], answer["compared"]) == ("equal", 6)
    assert answer["gates"][0]["notes"] == ["not looked at: 18 encrypted values"]
    output = call("import", "--sqlite", path, "--replace", "--serde", f"{keys}:other")
    assert "encrypted, not looked at: 18 of type msgpack+aes" in output
    call("import", "--sqlite", path, "--replace", "--serde", f"{keys}:serde")
    answer = judge("own")
    assert (answer["verdict"], answer["compared"]) == ("equal", 24)
    assert answer["gates"][0]["notes"] == []
