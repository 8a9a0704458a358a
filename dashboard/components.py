"""The pieces that pages are made of: figures with intervals, what is withheld and why, caveats, charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

import plotly.graph_objects as go
import polars as pl
import streamlit as st
from streamlit.navigation.page import Page

from analytics.charts import words
from analytics.charts.layout import CONFIG, without_subtitle
from analytics.config import Workspace
from analytics.errors import WalkawayError
from analytics.ingest.rules import in_words
from analytics.report import put_out, wording
from analytics.results import Quantity, Unavailable

Kind = Literal["", "called", "missed"]

_SEVERITY = {
    "serious": (":material/error:", "Changes the answer"),
    "warning": (":material/warning:", "Widens or shifts it"),
    "info": (":material/info:", "Good to know"),
}


def headline(sentence: str, *below: str) -> None:
    """Write the page's one sentence, with smaller lines below it.

    Args:
        sentence: the answer; ``**bold**`` marks its figures.
        below: what a reader must know to read it rightly.
    """
    parts = escape(sentence).split("**")
    text = "".join(f"<b>{part}</b>" if number % 2 else part for number, part in enumerate(parts))
    lines = "".join(f"<p>{escape(line)}</p>" for line in below if line)
    st.markdown(
        f'<p class="wa-headline">{text}</p><div class="wa-small">{lines}</div>', unsafe_allow_html=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: its name, its value, below them its interval and sample, and what the name means."""

    name: str
    value: str
    note: str = ""
    help: str = ""
    kind: Kind = ""


def figures(*given: Figure) -> None:
    """Write figures beside each other, two to a row on a phone."""
    told = "".join(
        f'<div class="wa-figure {one.kind}"><div class="name">{escape(one.name)}{_help(one.help)}</div>'
        f'<div class="value">{escape(one.value)}</div><div class="note">{_lines(one.note)}</div></div>'
        for one in given
    )
    st.markdown(f'<div class="wa-figures">{told}</div>', unsafe_allow_html=True)


def _help(text: str) -> str:
    """Return a mark that tells what a name means, to a mouse, a finger, a keyboard and a screen reader."""
    if not text:
        return ""
    return f'<details class="wa-help"><summary aria-label="What is this?">?</summary>{escape(text)}</details>'


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.split("\n") if line)


def quantity(
    name: str, given: Quantity, note: str = "", kind: Kind = "", told: Unavailable | None = None
) -> Figure:
    """Return an estimate with its interval as a figure, or why there is none and what it would need.

    Args:
        name: what it is.
        given: the estimate.
        note: a few words before the interval.
        kind: whose colour it bears.
        told: a refusal that the page has explained already.
    """
    if given == told and told is not None:
        return Figure(name=name, value="Withheld", note="See above.")
    if isinstance(given, Unavailable):
        needed = f"Needed: {given.needed}" if given.needed else ""
        reason = " ".join(filter(None, [_sentence(words.reason(given)), _sentence(needed)]))
        return Figure(name=name, value="Not estimable", note=reason)
    level = words.certainty(given)
    return Figure(name=name, value=words.value(given), note=f"{note}; {level}" if note else level, kind=kind)


def withheld(given: Unavailable) -> None:
    """Say prominently that a number is withheld, why, and what would bring it; a refusal is an answer."""
    needed = f"<div><b>What is needed:</b> {escape(_sentence(given.needed))}</div>" if given.needed else ""
    st.markdown(
        '<div class="wa-withheld"><div class="title">The number is withheld: it would be a guess.</div>'
        f"<div>{escape(_sentence(given.reason))}</div>{needed}</div>",
        unsafe_allow_html=True,
    )


def caveats(given: Sequence[Mapping[str, Any]]) -> None:
    """Show every caveat with its severity, the gravest first; minor ones folded where there are many."""
    st.subheader("What to keep in mind", anchor=False)
    if not given:
        st.caption("No assumption was found strained.")
        return
    order = list(_SEVERITY)
    ranked = sorted(given, key=lambda caveat: order.index(caveat["severity"]))
    for number, severity in enumerate(order):
        chosen = [caveat for caveat in ranked if caveat["severity"] == severity]
        if not chosen:
            continue
        icon, title = _SEVERITY[severity]
        fold = severity == "info" and (len(chosen) > 3 or number < len(ranked) - len(chosen))
        with st.expander(f"{title} ({len(chosen)})", expanded=not fold, icon=icon):
            for caveat in chosen:
                touched = plain(wording.affects(caveat["affects"]))
                st.markdown(f"{plain(caveat['message'])}  \n:gray[affects {touched}]")


def chart(
    drawn: go.Figure, alt: str, *, key: str | None = None, on_click: Callable[[], None] | None = None
) -> None:
    """Show a figure as wide as its place; a click on it is kept under ``key`` and calls ``on_click``."""
    drawn, subtitle = without_subtitle(drawn)
    if subtitle:
        st.caption(plain(subtitle))
    if on_click is None:
        st.plotly_chart(drawn, theme=None, config=CONFIG, alt=alt, key=key)
        return
    st.plotly_chart(
        drawn, theme=None, config=CONFIG, alt=alt, key=key, on_select=on_click, selection_mode="points"
    )


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, Any],
    *,
    nothing: str,
    alt: str,
    key: str | None = None,
    on_click: Callable[[], None] | None = None,
) -> None:
    """Show a frame as a table with these columns, in this order; an empty one is a sentence.

    Args:
        frame: the rows.
        columns: column → its heading, or a Streamlit column configuration.
        nothing: what to say where there are no rows; columns without any value are left out.
        alt: what the table shows, for screen readers.
        key: where a click on a row is kept.
        on_click: what a click on a row calls.
    """
    if frame.is_empty():
        st.caption(nothing)
        return
    told = [
        column for column in columns if column in frame.columns and frame[column].null_count() < frame.height
    ]
    shown = frame.select(told)
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={name: columns[name] for name in shown.columns},
        alt=alt,
        height="auto" if shown.height <= 12 else 440,
        key=key,
        on_select=on_click or "ignore",
        selection_mode="single-row",
    )


def run_line(report: Mapping[str, Any], *, narrowed: bool = False) -> None:
    """Write what the run covers: period, stations, cycles; with filters set, that this is the whole run."""
    exposure, period = report["exposure"], report["period"]
    zone = period.get("timezone") or "unspecified"
    clock = zone if zone != "unspecified" else "wall clock as exported"
    st.caption(
        f"{'The whole run: ' if narrowed else ''}"
        f"{put_out.seen(report)} at {words.counted(exposure['stations'], 'station')} "
        f"on {words.counted(exposure['lines'], 'line')}, {period['from']} to {period['to']}, {clock}"
    )
    for told in put_out.in_words(report):
        st.caption(f":material/inventory_2: {plain(told)}")


def narrowed_note(*, here: bool) -> None:
    """Say whether the filters act on what follows."""
    text = "Filters are set: this page shows only what they select, except where it says “the whole run”."
    if not here:
        text = "Filters are set, but this part describes the whole run."
    st.caption(f":material/filter_alt: {text}")


def models_own(report: Mapping[str, Any]) -> None:
    """Say whose figures these are where an audit contradicts the model and cannot correct them."""
    if said := wording.models_own(dict(report)):
        st.caption(said)


def failure(error: WalkawayError) -> None:
    """Tell an error that the visitor can act on."""
    st.error(f"{plain(error.message)}\n\n{plain(error.hint)}".strip(), icon=":material/error:")


def first_step(place: Workspace, title: str, upload: Page) -> None:
    """Say what to do where there is no run yet, and lead there."""
    st.title(title, anchor=False)
    loaded = place.exists()
    st.markdown(
        "**Data are loaded, but not analyzed yet.**" if loaded else "**There is nothing to show yet.**"
    )
    steps = [
        "1. Open **Upload** and load the export of your cycle times; the andon calls next, if there are any.",
        "2. Press **Analyze** there. This page then shows the answer.",
    ]
    st.markdown("\n".join(steps[1:] if loaded else steps))
    st.page_link(upload, label="Open Upload", icon=":material/arrow_forward:")
    st.markdown(":gray[The same in a terminal, which is better for large files:]")
    st.code(
        "walkaway analyze cycles.csv andon_calls.csv\nwalkaway demo    # a simulated plant to look around in",
        language="bash",
        wrap_lines=True,
    )
    st.caption(f"Workspace: {plain(str(place.root))}")


def outcome(told: Mapping[str, Any]) -> None:
    """Show what became of a file's records: every one loaded, duplicate or quarantined, with the rules."""
    name = Path(str(told["file"])).name
    name += f" · {told['member']}" if told.get("member") else ""
    if problem := told.get("error") or told.get("question"):
        st.error(f"**{plain(name)}** was not loaded. {plain(problem)}", icon=":material/error:")
        return
    if told["read"] and told["duplicate"] == told["read"]:
        st.info(f"**{plain(name)}** was loaded before; nothing was loaded twice.")
    counts = ("read", "loaded", "duplicate", "quarantined")
    st.markdown(f"**{plain(name)}** → {plain(str(told['table']).replace('_', ' '))}")
    figures(*(Figure(name=count.capitalize(), value=words.number(told[count])) for count in counts))
    for why in told.get("evidence") or ():
        st.caption(f":material/rule: {plain(why)}")
    if told.get("derived"):
        into = ", ".join(f"{words.number(n)} records of {table}" for table, n in told["derived"].items())
        st.caption(f"They became {plain(into.replace('_', ' '))}.")
    if told.get("skipped"):
        st.caption(f"{words.number(told['skipped'])} lines were no records (titles, footers, blanks).")
    where = told.get("where") or {}
    rules = [
        {"rule": in_words(rule), "records": count, "where": where.get(rule)}
        for rule, count in (told.get("rules") or {}).items()
    ]
    if rules:
        table(
            pl.DataFrame(rules, infer_schema_length=None),
            {"rule": "What is wrong", "records": "Records", "where": "Column and line"},
            nothing="",
            alt="Records by broken rule",
        )
    for caveat in told.get("caveats") or ():
        st.caption(f":material/info: {plain(caveat['message'])}")


def _sentence(text: str | None) -> str:
    text = (text or "").strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."


def plain(text: str) -> str:
    """Return a text whose characters Markdown leaves as they are."""
    for character in "\\`*_[]$<>~#&|":
        text = text.replace(character, f"\\{character}")
    return text


def one_of(label: str, options: Sequence[str], key: str, *, default: str | None = None) -> str:
    """Let the visitor choose one; where there is only one there is nothing to choose.

    Args:
        label: what is chosen.
        options: at least one.
        key: the name in the URL.
        default: what is chosen at first, if not the first option.
    """
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    index = options.index(default) if default in options else 0
    chosen = st.selectbox(label, options, index=index, key=key, bind="query-params")
    return chosen if chosen in options else options[index]
