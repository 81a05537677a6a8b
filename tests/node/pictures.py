"""The README's pictures of a recording's views in Datasette, made again: python -m tests.node.pictures"""

import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from inspector.recording.file import leave_one_file, open_to_write
from tests.live.datasettes import serving
from tests.node.packages import HERE, install

ROOT = HERE.parents[1]
RECORDING = ROOT / "recordings" / "upload-file.db"
PICTURES = {view: RECORDING.with_name(f"datasette-{view}.png") for view in ("uploads", "timeline")}
"""View to file."""
_WIDTH, _HEIGHT = 1200, 900


def make(node: str, chromium: str, pictures: dict[str, Path]) -> dict[str, list[str]]:
    """A picture of each view of the demo's recording, in these files; the columns that are in each."""
    with tempfile.TemporaryDirectory(prefix="gws-pictures-") as folder:
        copy = Path(shutil.copy(RECORDING, folder))
        with closing(open_to_write(copy)) as db:  # with today's views
            leave_one_file(db)
        with serving(copy) as url:
            pairs = [text for view, file in pictures.items() for text in (f"{url}/{RECORDING.stem}/{view}", str(file))]
            command = [node, "picture.js", chromium, str(_WIDTH), str(_HEIGHT), *pairs]
            done = subprocess.run(command, cwd=HERE, check=True, timeout=120, stdout=subprocess.PIPE, text=True)
    return dict(zip(pictures, map(json.loads, done.stdout.splitlines()), strict=True))


def main() -> None:
    node, npm, chromium = (shutil.which(name) for name in ("node", "npm", "chromium"))
    if not (node and npm and chromium):
        sys.exit("this needs Node.js with npm, and Chromium")
    if trouble := install(npm):
        sys.exit(trouble)
    make(node, chromium, PICTURES)


if __name__ == "__main__":
    main()
