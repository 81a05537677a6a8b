"""Findings as ill-meant traffic makes them: every text of theirs may be anything."""

from hypothesis import strategies as st

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules import CATALOGUE

NASTY = "a]]>b\r\n::error::c\n##[error]d%0Ae\x1b[2J\u202eg</failure>,x=y::z[link](javascript:1){0}\udc80\x00"
TEXTS = st.one_of(st.just(NASTY), st.text(st.characters()), st.text(":%,=\r\n#[](){}]>", max_size=20))
FINDINGS = st.builds(
    Finding,
    st.sampled_from(sorted(CATALOGUE)),
    st.sampled_from(Severity),
    st.integers(1, 10**9),
    st.none() | st.integers(0, 99),
    TEXTS,
    TEXTS,
    TEXTS,
    about=st.tuples(TEXTS, TEXTS) | st.just(()),
)
