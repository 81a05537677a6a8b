"""The bodies that an entry of a HAR tells of, or should: what it has of them, and how that differs from the wire."""

import codecs
import re
from collections.abc import Callable, Iterator
from email.message import Message as Fields
from functools import partial
from urllib.parse import urlencode

from inspector.recording.har.entry import Content as Received
from inspector.recording.har.entry import OwnBody, PostData
from inspector.recording.har.texts import Texts
from inspector.recording.importing.told import NONE, Content
from inspector.traffic.exchange import cut_after
from inspector.traffic.headers import FORM, Headers

SENT_LOST, GOT_LOST, REBUILT, DECODED = "sent", "got", "rebuilt", "decoded"
"""What `Losses` calls it where a request's body, or a response's, is not there as it was; where one was made of its
fields; where one came in a coding that nobody knows the bytes of.
"""

_UNREADABLE = "�"
_BODYLESS = (204, 205, 304)
_FALLBACKS = ("utf-8", "windows-1252", "utf-16-le")
"""What else a text may have been, if its size says so: browsers guess, too (WHATWG HTML, section 13.2.3.2)."""

_CHARSETS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[ru]|gb(k|2312|18030)|big5|euc_(jp|kr)|shift_jis|mac-roman"
)
"""Python's names of those that a web page can be in (WHATWG Encoding, section 4.2); it knows codecs that are none."""

Pieces = Callable[[], Iterator[bytes]]


def sent(post: PostData | None, headers: Headers, size: int, own: OwnBody | None, texts: Texts) -> tuple[Content, str]:
    """The request's body, and what was lost of it, if anything was; `size` as the HAR says, in whatever unit."""
    if own and not own.kept:
        return _digest(own), SENT_LOST
    length = _length(headers)
    if post is None or (post.text is None and not post.params):
        return _missing(length or size, SENT_LOST)
    if post.text is None:
        return _rebuilt(post, headers, length or 0)
    text, coding = post.text, headers.coding
    if post.encoding == "base64":
        content = _content(texts, text, partial(texts.base64, text), coding)
    else:
        charset = "utf-8"
        if not own and not texts.is_long(text):
            text = _without_preamble(text)
            # mitmproxy writes a byte as a character where it knows no charset
            charset = (
                "latin-1" if length and not _fits(text, charset, length) and _fits(text, "latin-1", length) else charset
            )
        content = _content(texts, text, partial(texts.text, text, charset), coding)
    if own:
        return _as_recorded(content, own, coding), SENT_LOST if own.why else ""
    expected = length if length is not None else size
    # Chromium counts the characters of a text that is not in ASCII
    if length is None and not texts.is_long(text) and size in (len(text), len(text.encode("utf-16-le")) // 2):
        expected = content.size
    return _compared(content, expected, not texts.is_long(text) and _UNREADABLE in text, SENT_LOST)


def received(
    told: Received, headers: Headers, status: int, method: str, own: OwnBody | None, size: int, texts: Texts
) -> tuple[Content, str]:
    """The response's body, likewise; `size` is the one on the wire, -1 if nobody knows."""
    if own and not own.kept:
        return _digest(own), GOT_LOST
    if not told.text:
        bodyless = method == "HEAD" or status in _BODYLESS or status < 200
        return (NONE, "") if bodyless else _missing(told.size if told.size > 0 else _length(headers) or 0, GOT_LOST)
    coding = headers.coding
    if told.encoding == "base64":
        content = _content(texts, told.text, partial(texts.base64, told.text))
    else:
        charset = "utf-8" if own else _charset(told.text, told.size, headers, texts)
        content = _content(texts, told.text, partial(texts.text, told.text, charset))
    if own:
        return _as_recorded(content, own, coding), GOT_LOST if own.why else DECODED if coding and not own.raw else ""
    whole = content.size in (told.size, told.size + told.compression)
    if coding and (told.size == size or not told.size):
        whole = True  # mitmproxy counts the bytes on the wire there
    expected = content.size if whole else told.size
    unreadable = told.encoding != "base64" and not texts.is_long(told.text) and _UNREADABLE in told.text
    content, lost = _compared(content, expected, unreadable, GOT_LOST)
    if coding:
        was = coding, max(size, 0)
        content = Content(content.size, content.pieces, "", was, content.why)
    return content, lost or (DECODED if coding else "")


def _content(texts: Texts, text: str, pieces: Pieces, coding: str = "") -> Content:
    """All of it is read once: then its size is known, and that it can be read."""
    return Content(texts.size(text, pieces), pieces, coding)


def _digest(own: OwnBody) -> Content:
    if not own.sha256:
        return Content(why=own.why or cut_after(0, "the HAR has not even its digest"))
    return Content(own.size, why=own.why, digest=own.sha256, was=own.original)


def _as_recorded(content: Content, own: OwnBody, coding: str) -> Content:
    was = own.original or ((coding, own.size) if coding and not own.raw else None)
    return Content(content.size, content.pieces, "" if was else coding, was, own.why)


def _missing(size: int, lost: str) -> tuple[Content, str]:
    if size <= 0:
        return NONE, ""
    return Content(why=cut_after(0, f"the HAR holds none of its {size} bytes")), lost


def _compared(content: Content, expected: int, unreadable: bool, lost: str) -> tuple[Content, str]:
    if expected > 0 and content.size != expected:
        why = f"the HAR says that it had {expected}"
    elif expected < 0 and unreadable:
        why = "the HAR has characters for some that could not be read"
    else:
        return content, ""
    return Content(content.size, content.pieces, content.coding, content.was, cut_after(content.size, why)), lost


def _rebuilt(post: PostData, headers: Headers, expected: int) -> tuple[Content, str]:
    """A form that is told by its fields only; one with files cannot be made of them."""
    params = post.params or []
    media_type = headers.media_type or post.mimeType.partition(";")[0].strip().lower()
    if media_type != FORM or any(one.fileName is not None for one in params):
        return _missing(expected or 1, SENT_LOST)
    body = urlencode([(one.name, one.value) for one in params], errors="replace").encode()
    why = "" if expected == len(body) else cut_after(len(body), "made of the fields that the HAR tells")
    return Content(len(body), lambda: iter((body,)), why=why), REBUILT


def _without_preamble(text: str) -> str:
    """Firefox puts the header fields that belong to an uploaded form before its text."""
    head, blank, _ = text[:4096].partition("\r\n\r\n")
    names = [line.partition(":")[0].lower() for line in head.split("\r\n")]
    if blank and "content-type" in names and set(names) <= {"content-type", "content-length"}:
        return text[len(head) + len(blank) :]
    return text


def _length(headers: Headers) -> int | None:
    told = headers.get("content-length")
    return int(told) if told.isdecimal() and len(told) < 16 else None


def _charset(text: str, size: int, headers: Headers, texts: Texts) -> str:
    """The one that the text was in; told by its type, else by its size."""
    fields = Fields()
    fields["content-type"] = headers.get("content-type")
    told = fields.get_content_charset("")
    known = [one for one in (told, *_FALLBACKS) if one and _is_known(one)]
    if texts.is_long(text):
        return known[0]
    return next((one for one in known if _fits(text, one, size)), known[0])


def _fits(text: str, charset: str, size: int) -> bool:
    try:
        return len(text.encode(charset)) == size
    except UnicodeError:
        return False


def _is_known(charset: str) -> bool:
    try:
        return bool(_CHARSETS.fullmatch(codecs.lookup(charset).name))
    except (LookupError, ValueError):
        return False
