"""CometD's packages as package-lock.json has them, put in place once: by the tests, or before them by this program.

Needs nothing but Python, so that it can run while the tests' own packages are being installed.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def install(npm: str) -> str:
    """By whoever comes first; the others wait. What npm said if it has failed, else nothing."""
    lock, stamp = HERE / "package-lock.json", HERE / "node_modules" / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return ""
        done = subprocess.run([npm, "ci"], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            return f"npm ci has failed:\n{done.stdout}"
        stamp.write_text(wanted)
        return ""


if __name__ == "__main__":
    sys.exit(install(shutil.which("npm") or "npm") or 0)
