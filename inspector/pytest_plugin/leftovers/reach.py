"""How far a run knows the tests of a project: what it was told to leave out may need what nobody else does."""

import os
from collections.abc import Iterable, Iterator
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
        self._whole: dict[Path, bool] = {}

    def knows(self, recording: str) -> bool:
        """Whether all tests were collected that could name the recording; but one elsewhere could do it by its path."""
        if self._seen.is_broken or self._config.getoption("lf", False):  # it passes over files, and says nothing
            return False
        folder = self._beside(recording)
        if folder is None or Path(folder) / FOLDER == self._shared:
            return self._knows_all()
        return self._is_whole(Path(folder))

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

    def _is_whole(self, place: Path) -> bool:
        """Whether each test of this file, or of the files in this folder and below it, was collected."""
        if place not in self._whole:
            files, parts = self._seen.files, self._parts
            self._whole[place] = all(file in files and file not in parts for file in self._files(place))
        return self._whole[place]

    def _files(self, place: Path) -> Iterator[str]:
        """What pytest takes for files of tests, also where it was told to ignore them. The place itself, if it is no
        folder.
        """
        config = self._config
        wanted, passed_over = config.getini("python_files"), config.getini("norecursedirs")
        if not place.is_dir():
            yield str(place)
        for root, folders, names in os.walk(place):
            below = [(one, Path(root, one)) for one in folders if one != "__pycache__"]
            folders[:] = [one for one, path in below if not _fits(path, passed_over) and not _is_environment(path)]
            found = (Path(root, name) for name in names if name.endswith(".py"))
            yield from (real(path) for path in found if _fits(path, wanted))

    def _knows_all(self) -> bool:
        """Whether each test of the project was collected."""
        config, source = self._config, self._config.args_source
        if source is source.TESTPATHS or (source is source.INVOCATION_DIR and self._here == config.rootpath):
            wanted = self._named
        else:
            wanted = [Path(config.rootpath, one).resolve() for one in config.getini("testpaths") or ["."]]
        reached = all(any(one == path or path in one.parents for path in self._named) for one in wanted)
        return reached and all(map(self._is_whole, wanted))


def _fits(path: Path, patterns: Iterable[str]) -> bool:
    """As pytest does it (Configuration Options, python_files): a pattern with a folder in it is one of whole paths."""
    return any(
        fnmatch(path.name, one) if "/" not in one else fnmatch(str(path), one if one.startswith("/") else f"*/{one}")
        for one in patterns
    )


def _is_environment(folder: Path) -> bool:
    """Whether Python was installed there."""
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta" / "history").is_file()
