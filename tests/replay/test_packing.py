"""The documents that a recording keeps of its plans: what is read is what was written, or it is refused."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import RecordingError
from inspector.replay.matching import Identity, Matcher
from inspector.replay.plans import packing
from inspector.replay.plans.loading import load
from inspector.replay.plans.packing import pack, unpack_plans
from inspector.replay.plans.plan import Loaded, Plan, Told
from tests.replay.plans import plans
from tests.replay.recordings import comes_back, of_everything

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
IDENTITIES = st.builds(
    Identity,
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    TEXT,
    st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    st.booleans(),
    st.sampled_from(["json", "form", "multipart", "bytes", "empty"]),
    TEXT.map(str.encode),
)


@st.composite
def sessions(draw: st.DrawFn) -> Loaded:
    """Some agents' plans, whose exchanges ask for anything; the same is asked for again and again."""
    asked = draw(st.lists(IDENTITIES, min_size=1, max_size=4))
    made: list[Plan] = []
    identities: dict[int, Identity] = {}
    for agent in range(draw(st.integers(0, 3))):
        plan, recorded = draw(plans()), []
        for one in plan.recorded:
            number = 1000 * agent + one.number
            identities[number] = draw(st.sampled_from(asked))
            recorded.append(one._replace(number=number, key=identities[number].key, ends=draw(st.booleans())))
        made.append(Plan.of(agent, draw(TEXT), recorded, plan.lists))
    keys = sorted({one.key for one in identities.values()})
    logins = draw(st.frozensets(st.sampled_from(keys))) if keys else frozenset()
    return Loaded(made, {}, identities, logins)


@given(sessions())
@settings(print_blob=True, deadline=None)
def test_plans_and_identities_come_back_as_they_were(session: Loaded) -> None:
    assert comes_back(session)


def everything() -> Loaded:
    wire = of_everything()
    wire.close()
    return load(wire.events, {(one.exchange, one.position): one.call for one in wire.causes}, Matcher())


def test_what_cannot_be_written_is_refused() -> None:
    session = everything()
    plan = session.plans[1]
    strange = Told(1, 0, "/topic", b"\xff", None, 0.0, False)
    with pytest.raises(RecordingError, match="cannot be written"):
        pack(replace(session, plans=[Plan.of(plan.agent, plan.user_name, plan.recorded, [[strange]])]))


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "LIMIT", 1000)
    with pytest.raises(RecordingError, match="bytes"):
        pack(everything())
    with pytest.raises(RecordingError, match="bytes"):  # a bomb
        unpack_plans(DOCUMENT)


# whoever made the recording may have put anything there


def column(name: str, value: Any, place: int = 0) -> Callable[[Any], None]:
    return lambda told: told["plans"][1][name].__setitem__(place, value)


def heard(name: str, value: Any) -> Callable[[Any], None]:
    return lambda told: told["plans"][1]["lists"][0][name].__setitem__(0, value)


HOSTILE: dict[str, Callable[[Any], object]] = {
    "no keys": lambda told: told.pop("keys"),
    "keys that are no hex": lambda told: told.update(keys="xy"),
    "half a key": lambda told: told.update(keys=told["keys"][:-2]),
    "one key twice": lambda told: told.update(keys=told["keys"][:32] * 2 + told["keys"][64:]),
    "a key of nobody": lambda told: told.update(keys=told["keys"] + "00" * 16),
    "no plans": lambda told: told.update(plans=None),
    "a plan of nothing": lambda told: told["plans"].append({}),
    "a plan that is a list": lambda told: told["plans"].append([]),
    "a login out of range": lambda told: told["logins"].append(10_000),
    "a login below": lambda told: told["logins"].append(-1),
    "a short column": lambda told: told["plans"][1]["done"].pop(),
    "a long column": lambda told: told["plans"][1]["kind"].append(0),
    "a key out of range": column("key", 10_000),
    "a key below": column("key", -1),
    "a kind out of range": column("kind", 16),
    "a kind that is a boolean": column("kind", True),
    "a number that is a fraction": column("number", 1.0),
    "a number that is text": column("number", "1"),
    "a number that is no 64 bits": column("number", 1 << 63),
    "a number below": column("number", -1),
    "a number twice": lambda told: column("number", told["plans"][1]["number"][1])(told),
    "an end before its start": column("done", 0),
    "a start before the one before": column("start", 0, -1),
    "an agent that is text": lambda told: told["plans"][1].update(agent="1"),
    "a user that is none": lambda told: told["plans"][1].update(user=None),
    "a cue out of range": heard("cue", 10_000),
    "a cue below": heard("cue", -1),
    "a cue that is text": heard("cue", "1"),
    "a topic out of range": heard("topic", 99),
    "a topic that is a number": lambda told: told["plans"][1]["lists"][0].update(topics=[1] * 9),
    "data that is no JSON": heard("data", '{"a":'),
    "data that is a value": heard("data", {}),
    "a lag that is text": heard("lag_ms", "1"),
    "a lag that is none": heard("lag_ms", None),
    "a list that is none": lambda told: told["plans"][1]["lists"].append(None),
    "a short list": lambda told: told["plans"][1]["lists"][0]["position"].pop(),
    "asked for, perhaps": heard("asked_for", 1),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_what_does_not_fit_together_is_refused(how: str) -> None:
    document = pack(everything())[0]
    told = orjson.loads(zstandard.decompress(document))
    before = orjson.dumps(told)
    HOSTILE[how](told)
    assert orjson.dumps(told) != before
    with pytest.raises(RecordingError):
        unpack_plans(zstandard.compress(orjson.dumps(told)))


@given(data=st.data())
@settings(print_blob=True, deadline=None, max_examples=200)
def test_whatever_is_put_anywhere_is_refused_or_makes_plans_that_hold_together(data: st.DataObject) -> None:
    told = orjson.loads(zstandard.decompress(DOCUMENT))
    place, step = told, data.draw(st.sampled_from(list(told)))
    while isinstance(place[step], dict | list) and place[step] and data.draw(st.integers(0, 9)):
        place = place[step]
        step = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    place[step] = data.draw(st.sampled_from([None, True, -1, 0, 1, 7, 1e9, 1 << 62, "", "ab" * 16, [], [1], {}]))
    try:
        made, logins, keys = unpack_plans(zstandard.compress(orjson.dumps(told)))
    except RecordingError:
        return
    assert logins <= set(keys)
    for plan in made:
        assert all(plan.recorded[index].key == key for key, indices in plan.by_key.items() for index in indices)
        assert all(told.cue is None or plan.recorded[told.cue] for events in plan.lists for told in events)


DOCUMENT = pack(everything())[0]


def test_the_rules_are_those_that_were_counted() -> None:
    """Whoever changes what a session comes to when it is loaded finds it here: count `packing.RULES` up, or recordings
    that were made before are played by rules that nobody else follows any more. Then put the new digest here.
    """
    documents = b"".join(map(zstandard.decompress, pack(everything())))
    assert (packing.RULES, hashlib.sha256(documents).hexdigest()[:16]) == (3, "474064e26d683ace")
