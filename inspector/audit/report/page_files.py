"""The page's own style and script: files of this package, and their digests, by which its policy knows them."""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

STYLES = ("colours.css", "page.css", "summary.css", "ledger.css", "chats.css", "print.css")
SCRIPTS = ("dom.js", "data.js", "summary.js", "ledger.js", "details.js", "chats.js", "exchange.js", "page.js")


def read(name: str) -> str:
    """A file of the page."""
    return files(__package__).joinpath("page", name).read_text("utf-8")


@cache
def style() -> str:
    return "\n" + "\n".join(read(name) for name in STYLES)


@cache
def script() -> str:
    """All scripts as one, whose names nobody else sees."""
    return '\n"use strict";\n(() => {\n' + "\n".join(read(name) for name in SCRIPTS) + "\n})();\n"


def policy() -> str:
    """Content Security Policy Level 3: nothing is loaded and nothing is run but these two; no text becomes markup."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{digest(script())}'",
            f"style-src '{digest(style())}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def digest(content: str) -> str:
    """`sha256-…`, as a policy names an inline script or style (section 6.7.3.3)."""
    return "sha256-" + b64encode(hashlib.sha256(content.encode()).digest()).decode()


@cache
def templates() -> Environment:
    """The page's markup; whatever is put into it is escaped."""
    made = Environment(
        loader=FunctionLoader(read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(style=Markup(style()), script=Markup(script()), policy=policy())
    return made
