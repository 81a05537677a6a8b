"""How far a run knows the tests of a project: what it was told to leave out may need what nobody else does."""

from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from inspector.pytest_plugin.leftovers.seen import Seen, real
from inspector.pytest_plugin.places import FOLDER


class Reach:
    """Of one run, on the process that tells of it."""

    def __init__(self, config: pytest.Config, seen: Seen) -> None:
        self._config = config
        self._seen = seen
        self._here = config.invocation_params.dir
        self._named = [Path(self._here, arg.partition("::")[0]).resolve() for arg in config.args]
        self._parts = {str(path) for path, arg in zip(self._named, config.args, strict=True) if "::" in arg}
        self._folders = {str(Path(file).parent) for file in seen.files}

    def knows(self, recording: str) -> bool:
        """Whether all tests were collected that could name the recording; but one elsewhere could do it by its path."""
        if self._seen.is_broken or self._config.getoption("lf", False):  # it passes over files, and says nothing
            return False
        folder = self._beside(recording)
        if folder is None or Path(folder) / FOLDER == self._shared:
            return self._knows_all()
        return self._is_whole(folder)

    def unplayed(self) -> Iterator[str]:
        """The recordings beside tests of this run that none of these tests names."""
        named = set(self._seen.needing.values()) | self._seen.written
        for folder in sorted(self._folders):
            found = [real(path) for path in sorted(Path(folder, FOLDER).rglob("*.db")) if path.is_file()]
            yield from (path for path in found if path not in named and self.knows(path))

    @property
    def _shared(self) -> Path:
        config = self._config
        return Path(config.rootpath, config.getoption("gws_recordings") or config.getini("gws_recordings")).resolve()

    def _beside(self, recording: str) -> str | None:
        """The folder of tests that the recording lies beside."""
        for parent in Path(recording).parents:
            if parent.name == FOLDER and str(parent.parent) in self._folders:
                return str(parent.parent)
        return None

    def _is_whole(self, folder: str) -> bool:
        """Whether each test of the files in this folder was collected."""
        patterns: Collection[str] = self._config.getini("python_files")
        files = {str(path) for path in Path(folder).glob("*.py") if any(fnmatch(path.name, one) for one in patterns)}
        return files <= self._seen.files and not files & self._parts

    def _knows_all(self) -> bool:
        """Whether each test of the project was collected."""
        given = self._config.getoption
        if self._parts or given("ignore", None) or given("ignore_glob", None):
            return False
        source = self._config.args_source
        if source is source.TESTPATHS or (source is source.INVOCATION_DIR and self._here == self._config.rootpath):
            return True
        wanted = [Path(self._config.rootpath, one) for one in self._config.getini("testpaths")]
        wanted = [one.resolve() for one in wanted or [self._config.rootpath]]
        return all(any(one == path or path in one.parents for path in self._named) for one in wanted)
