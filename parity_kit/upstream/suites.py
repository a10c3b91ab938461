"""The test suites of LangGraph's packages, from the source distribution of a release."""

from __future__ import annotations

import re
import shutil
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates import environment
from parity_kit.candidates.cached import Cached, Progress
from parity_kit.candidates.environment import Recipe
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import EnvironmentBuildError

SUITES: Mapping[str, str] = {
    "langgraph": "langgraph",
    "checkpoint": "langgraph-checkpoint",
    "prebuilt": "langgraph-prebuilt",
    "checkpoint-sqlite": "langgraph-checkpoint-sqlite",
    "checkpoint-postgres": "langgraph-checkpoint-postgres",
}
"""Each suite with the distribution that holds it."""

POSTGRES = "checkpoint-postgres"
"""The suite that needs a PostgreSQL server; others have some tests that do."""
_AT_PORT = re.compile(r"postgres://postgres:\w+@localhost:(\d+)/")

PUBLISHED = (
    "test_pregel.py",
    "memory and not streaming and not interrupt and not subgraph and not send",
)
"""The file and the filter with which a published port counts the tests that it passes."""

_NOT_NEEDED = frozenset(
    {"langgraph-cli", "pandas-stubs", "py-spy", "pytest-cov", "pytest-watcher", "pytest-xdist"}
)
"""What a release lists for its tests that only serves their authors."""

_ALSO_NEEDED = ("pycryptodome", "pytest", "pytest-asyncio")
"""What tests import that not every release lists."""

_RULES = """[pytest]
pythonpath = .
testpaths = tests
asyncio_mode = {mode}
"""


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one package of one release: a folder with `tests/` and a `pytest.ini`.

    `needs` are the requirements that the release lists for them.
    """

    name: str
    version: str
    folder: Path
    needs: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        """Its test files, relative to the folder."""
        found = sorted((self.folder / "tests").rglob("test_*.py"))
        return [str(path.relative_to(self.folder)) for path in found]

    @property
    def postgres_port(self) -> str:
        """Where its tests expect a PostgreSQL server; an empty text if they need none."""
        sources = (path.read_text("utf-8") for path in (self.folder / "tests").glob("conftest*.py"))
        ports = [port for source in sources for port in _AT_PORT.findall(source)]
        return ports[0] if ports else ""

    @property
    def is_async_by_plugin(self) -> bool:
        """Whether pytest-asyncio runs its tests; those of the others are marked for anyio."""
        return "asyncio_mode = auto" in (self.folder / "pytest.ini").read_text("utf-8")


def fetch(name: str, version: str, workspace: Workspace, on_progress: Progress) -> Suite:
    """Return a suite, which is downloaded first unless the cache has it.

    Raises:
        EnvironmentBuildError: If the release has no source distribution, or it holds no tests.
    """
    distribution = SUITES[name]
    owner = f"{distribution} {version}"
    hint = "check that the package index is reachable and has this release's source distribution"
    made_from = {"source": f"{distribution}=={version}", "rules": _RULES}
    problem = "its tests could not be downloaded"
    cached = Cached(f"tests-{distribution}", made_from, owner, hint, problem)

    def build(folder: Path) -> None:
        on_progress(f"{owner}: downloading its tests")
        pip = environment.make(Recipe("pip", ("pip",), owner, hint), workspace, on_progress)
        command = [str(pip), "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        download = folder / "download"
        download.mkdir(parents=True)
        source = ["--no-deps", "--no-binary", ":all:", "--dest", str(download)]
        cached.run([*command, *source, f"{distribution}=={version}"], on_progress)
        _unpack(download, folder, owner, hint)
        shutil.rmtree(download)

    folder = cached.make(workspace, build, on_progress)
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return Suite(name, version, folder, tuple(needs(project)))


def _unpack(download: Path, folder: Path, owner: str, hint: str) -> None:
    """Unpack only the tests: the package itself would shadow the installed one."""
    archives = [*download.glob("*.tar.gz")]
    if len(archives) != 1:
        raise EnvironmentBuildError("came without a source archive", where=owner, hint=hint)
    with tarfile.open(archives[0]) as archive:
        for member in archive.getmembers():
            _, _, name = member.name.partition("/")
            if member.isfile() and (name == "pyproject.toml" or name.startswith("tests/")):
                archive.extract(member.replace(name=name), folder, filter="data")
    if not (folder / "tests").is_dir():
        raise EnvironmentBuildError(
            "its source distribution holds no tests", where=owner, hint=hint
        )
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    options = _table(project, "tool", "pytest", "ini_options")
    mode = "auto" if options.get("asyncio_mode") == "auto" else "strict"
    (folder / "pytest.ini").write_text(_RULES.format(mode=mode), encoding="utf-8")


def needs(project: Mapping[str, Any]) -> list[str]:
    """Return what the tests of a project need, as its pyproject.toml lists it."""
    listed: Sequence[Any] = _table(project, "dependency-groups").get("test", ())
    names = [need for need in listed if isinstance(need, str)]
    return sorted({*_ALSO_NEEDED, *(need for need in names if _name(need) not in _NOT_NEEDED)})


def _name(requirement: str) -> str:
    for end in "[<>=!~; ":
        requirement = requirement.partition(end)[0]
    return requirement


def _table(data: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        data = cast("Mapping[str, Any]", data.get(name, {}))
    return data
