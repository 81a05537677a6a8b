"""Numbers as JSON has them: what the OpenAPI document calls an integer is taken, and nothing else for one."""

import pytest

from tests.replay.controlled import controlled


@pytest.fixture
async def desk(tale):
    async with controlled(tale.path) as desk:
        yield desk


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "repeat", "times": "1"},
        {"fault": "repeat", "times": True},
        {"fault": "repeat", "times": 1 << 53},
        {"fault": "repeat", "times": 10**30},
        {"fault": "cut_download", "at": 1 << 53},
        {"fault": "delay", "seconds": "1"},
        {"fault": "delay", "seconds": False},
        {"fault": "refuse", "status_code": "3"},
    ],
    ids=lambda fault: ",".join(f"{name}={value!r}" for name, value in fault.items()),
)
async def test_a_fault_with_a_number_that_is_none(desk, fault):
    """It is named, and none is armed: neither alone, nor in a list, nor from the start of a stub."""
    name = list(fault)[1]
    assert name in await desk.refused(422, path="/stubs/1/faults", json=fault)
    told = await desk.refused(422, path="/stubs/1/faults", json=[{"fault": "repeat"}, fault])
    assert told.startswith("faults 2: ") and name in told
    assert name in await desk.refused(422, json={"faults": [fault]})
    assert await desk.ask("GET", "/stubs/1/faults") == {"faults": []}


@pytest.mark.parametrize("largest", [{"fault": "repeat", "times": (1 << 53) - 1}, {"fault": "delay", "seconds": 2}])
async def test_a_fault_comes_back_as_it_was_armed(desk, largest):
    (armed,) = (await desk.ask("POST", "/stubs/1/faults", json=largest))["faults"]
    assert armed | largest == armed


async def test_a_whole_number_may_be_written_with_a_point(desk):
    """As languages with one kind of number do: 5.0 is an integer (JSON Schema Core, section 4.2.3)."""
    made = await desk.made(poll_timeout_ms=5.0, port=0.0)
    assert desk.stubs.get(made["id"]).stub.settings.poll_timeout_ms == 5
    armed = await desk.ask("POST", "/stubs/1/faults", content=b'{"fault": "repeat", "times": 2.0}')
    assert armed["faults"][0]["times"] == 2
    assert "poll_timeout_ms" in await desk.refused(422, json={"poll_timeout_ms": 5.5})


@pytest.mark.parametrize("strict", ["1", "0", "True", "no"])
async def test_strict_is_spelt_as_json_spells_it(desk, strict):
    assert await desk.refused(400, "GET", "/stubs/1", params={"strict": strict}) == "strict is true or false"
