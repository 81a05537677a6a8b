"""6xx: the notification channel itself."""

from collections.abc import Iterator

from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.rules.catalogue import rule
from inspector.analysis.watches.listening import Unheard
from inspector.analysis.watches.losses import SessionLost
from inspector.analysis.watches.polls import DELAY_MS, PollUnanswered
from inspector.analysis.watches.redeliveries import ToldAgain
from inspector.webservices.notifications import CHATS_TOPIC, MessageLogUpdated

PAUSE_MS = 10_000
"""A client that is silent for so long, the server may forget (CometD, `maxInterval`, its default)."""


@rule(
    "GW601",
    Severity.WARNING,
    "Bayeux session lost in mid-recording",
    source="Bayeux specification, error 402 and advice: reconnect; CometD, maxInterval",
    cure="shake hands and subscribe again, then read the chats anew: what was told in between is lost",
)
def session_is_kept(lost: SessionLost) -> Iterator[Breach]:
    """A client that paused was forgotten as announced: that is as usual as a laptop that sleeps."""
    message = lost.message
    paused = lost.silent_ms > PAUSE_MS
    after = f", after it was silent for {lost.silent_ms / 1000:.1f} s" if paused else ""
    error = message.content.get("error")
    yield Breach(
        f"{message.channel} of the client {shown(message.client_id)} was answered with "
        f"{shown(error) if error else 'the advice to shake hands'}{after}: what it was not told yet is lost",
        pointer="/error" if error else "/advice/reconnect",
        expected="a session that lasts until the client disconnects",
        actual=error or "handshake",
        severity=Severity.INFO if paused else None,
    )


@rule(
    "GW602",
    Severity.WARNING,
    "no subscription that could deliver chat events",
    source="Asynchronous Events: the result of an accepted request is a notification; Bayeux specification, subscribe",
    cure=f"subscribe to {CHATS_TOPIC} after every handshake, a repeated one included",
)
def somebody_listens(unheard: Unheard) -> Iterator[Breach]:
    call = unheard.call
    user = (call.agent and call.agent.user_name) or "its agent"
    subscribed = ", ".join(shown(name) for name in unheard.subscribed[:4]) or "nothing"
    yield Breach(
        f"{call.operation or 'a call'} was accepted, but the only Bayeux client of {user}, "
        f"{shown(unheard.client_id)}, was still subscribed to {subscribed} {unheard.window_ms / 1000:g} s later: "
        "nobody is told what became of it",
        expected=f"a subscription that covers {CHATS_TOPIC}",
        actual=list(unheard.subscribed[:4]),
    )


@rule(
    "GW603",
    Severity.INFO,
    "event delivered again",
    source="CometD, acknowledge extension: what was not acknowledged is sent again",
    cure="take each line of a chat once, by its index; subscribe by one pattern, not by two that overlap",
)
def event_comes_once(again: ToldAgain) -> Iterator[Breach]:
    told = again.message.notification
    line = told.messages[0] if isinstance(told, MessageLogUpdated) and len(told.messages) == 1 else None
    which = f"{line.kind}, index {line.index}" if line else again.message.kind
    yield Breach(
        f"the client {shown(again.message.client_id)} was told this ({which}) before, in #{again.first}",
        expected="each event once",
    )


@rule(
    "GW604",
    Severity.WARNING,
    "long poll unanswered past advice.timeout",
    source="Bayeux specification, advice: timeout; CometD client, maxNetworkDelay",
    cure="look for who holds it: the server, or a proxy or balancer in between; clients give such a poll up as lost",
)
def poll_is_answered(held: PollUnanswered) -> Iterator[Breach]:
    timeout = f"{held.timeout_ms / 1000:g} s"
    limit = f"the {timeout} that {held.told} asked for" if held.told else f"{timeout} (no timeout was told)"
    yield Breach(
        f"a long poll was not answered within {limit} and {DELAY_MS / 1000:g} s more",
        expected=f"an answer, if an empty one, after {timeout}",
    )
