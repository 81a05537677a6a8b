"""What caused what: the edges from calls to the notifications that they brought about."""

from inspector.analysis.causes.cause import Cause
from inspector.analysis.causes.correlation import Causes
from inspector.analysis.causes.files import FileTold
from inspector.analysis.causes.links import LinkTold

__all__ = ["Cause", "Causes", "FileTold", "LinkTold"]
