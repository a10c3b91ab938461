"""The variables that a candidate gets of the user's environment, and its setup.

A CI job's environment holds tokens and names the files that steer its later steps. So a candidate
gets the names below, those of `pass_env` in its manifest, and its own `[env]`; nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

_USUAL = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TMP|TEMP|TERM"
    r"|LD_LIBRARY_PATH|DYLD_\w*LIBRARY_PATH|JAVA_HOME|JDK_HOME|NODE_PATH|NVM_DIR"
    r"|GOROOT|GOPATH|GOCACHE|GOMODCACHE|GOTOOLCHAIN|CARGO_HOME|RUSTUP_HOME|RUSTUP_TOOLCHAIN"
    r"|PYENV_ROOT|PYENV_VERSION|XDG_\w+|SYSTEMROOT"
)
"""Who and where the user is, and where the toolchains are."""

_OF_INSTALLERS = re.compile(
    r"(PIP|UV|NPM_CONFIG|GO|CARGO|RUSTUP|MAVEN|MVN|GRADLE|CGO)_?\w*"
    r"|(HTTPS?|ALL|NO|FTP)_PROXY|\w+_CA_BUNDLE|\w+_CA_CERTS|PIP_CERT|\w*SSL_\w*CERT_\w+|GIT_SSL_CAINFO",
    re.IGNORECASE,
)
"""How an installer reaches its registry; only a setup gets these."""

_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|PRIVATE|_KEY", re.IGNORECASE)

NEVER = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
"""Files that steer the later steps of a GitHub job: no manifest passes them on."""


def of_candidate(passed: Iterable[str] = ()) -> dict[str, str]:
    """Return the user's variables for a candidate; `passed` are those its manifest asks for."""
    wanted = {*passed}
    return {
        name: text for name, text in os.environ.items() if name in wanted or _USUAL.fullmatch(name)
    }


def of_setup(passed: Iterable[str] = ()) -> Mapping[str, str]:
    """Return the user's variables for a candidate's setup: also how to reach a registry."""
    return of_candidate(passed) | {
        name: text
        for name, text in os.environ.items()
        if _OF_INSTALLERS.fullmatch(name) and not may_be_secret(name)
    }


def may_be_secret(name: str) -> bool:
    """Return whether a name is that of a secret, such as `api_key` or `GITHUB_TOKEN`."""
    return _SECRET.search(name) is not None
