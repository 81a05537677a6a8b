"""Recordings made of a Wire's traffic, without a socket; and one that has some of everything in it."""

import gzip
from pathlib import Path

from inspector.replay.plans.packing import pack, unpack_identities, unpack_plans
from inspector.replay.plans.plan import Loaded
from inspector.traffic.body import Body
from inspector.traffic.headers import FORM
from tests.analysis.shapes import chat_has, line, log_has, sent
from tests.analysis.traffic import ME, OK, Desk, Wire
from tests.recording.keeping import keep

DEEP = b"[" * 300 + b"]" * 300
ODD = b'{"operationName":"Odd","big":123456789012345678901234,"half":5e-1,"one":1.0}'


def written(wire: Wire, path: Path) -> Path:
    """The wire's traffic as a closed recording at `path`, with what was derived of it."""
    wire.close()
    keep(path, wire.events, wire.derived)
    return path


def comes_back(session: Loaded) -> bool:
    """Whether what a recording keeps of a session gives the same again."""
    document, identities = pack(session)
    plans, logins, keys = unpack_plans(document)
    by_key = dict(zip(keys, unpack_identities(identities, len(keys)), strict=True))
    return (plans, logins) == (session.plans, session.logins) and all(
        by_key[one.key] == session.identities[one.number] for plan in plans for one in plan.recorded
    )


def of_everything() -> Wire:
    """Two agents, one of them with two tabs; all kinds of bodies; redeliveries, an early notification, a logout."""
    wire = Wire()
    wire.answer(Desk(wire).get("/version;jsessionid=~secret:0123456789ab~?b=2&a=1&a="))
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    sofia.has_linked()
    poll, upload = tab.poll(), sofia.upload()
    wire.wait(7)
    wire.tell(poll, sent())
    wire.wait(5)
    wire.answer(upload)
    wire.wait(3)
    sofia.hear(sent(), {"text": "é\u2028", "half": 0.5})
    toni.hear(log_has(line("Text", {"nickname": "Customer", "type": "Customer"}, 4, text="hello")))
    wire.answer(sofia.attach("a.txt", b"content"))
    wire.answer(sofia.ask("POST", f"{ME}/form", b"b=2&a=1&password=~secret:0123456789ab~", ("Content-Type", FORM)))
    wire.answer(toni.ask("POST", f"{ME}/zipped", Body.of(gzip.compress(b'{ "a" : 1 }'), "gzip")))
    for body in (ODD, DEEP, b"\0no json", b'{"password":"~secret:0123456789ab~"}'):
        wire.answer(toni.ask("PUT", f"{ME}/settings", body))
    wire.answer(toni.ask("HEAD", ME), b"")
    wire.answer(toni.ask("OPTIONS", ME), b"")
    wire.refuse(toni.do("Transfer"))
    wire.fail(toni.do("Complete"))
    for _ in range(2):
        wire.answer(toni.do("SendStartTypingNotification"))
        wire.answer(toni.get("/me"), b"x" * 100, status=203)
    toni.shake_hands()
    toni.subscribe()
    toni.hear(chat_has())
    wire.answer(sofia.log_out(), OK, ("Set-Cookie", "JSESSIONID=; Path=/; Max-Age=0"))
    toni.do("NeverAnswered")
    return wire
