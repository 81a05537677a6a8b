"""Whether what is told is the same as something before: by a digest, so that nothing of it has to be kept."""

from hashlib import blake2b
from typing import Any

import orjson


def told(data: Any) -> Any:
    """An event's data without `metrics`, which differ with every delivery."""
    if isinstance(data, dict) and "metrics" in data:
        return {name: value for name, value in data.items() if name != "metrics"}
    return data


def digest(data: Any, *, in_order: bool = False) -> bytes | None:
    """Equal for equal JSON; `in_order`: only if its members are in the same order, too. None for what orjson cannot
    write (nested too deep): that cannot be compared.
    """
    try:
        text = orjson.dumps(data, option=0 if in_order else orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None
    return blake2b(text, digest_size=16).digest()
