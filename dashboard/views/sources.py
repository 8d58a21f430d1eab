"""Sources: how well each public source answers, what it lacks and revises, and what does not add up."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from dashboard import checks, controls, glossary, panel, reliability, source_charts, text
from dashboard.connection import Row
from dashboard.local_time import day_text, moment_text
from dashboard.marts import sources as marts
from energy_monitor.clock import now_utc
from ingestion.catalogue import DATASETS
from ingestion.settlement import DAY
from ingestion.settlement import settlement_date_of as local_date

YEAR = 364 * DAY
WIDTHS = {"Dataset": st.column_config.TextColumn(width=185), "Source": st.column_config.TextColumn(width=140)}


@dataclass(frozen=True)
class Until:
    """Up to when the page shows what happened: now, or the end of the UTC day of a past moment."""

    moment: datetime
    known: datetime | None

    @property
    def day(self) -> date:
        """The UTC day of fetch."""
        return self.moment.date()

    @property
    def end_utc(self) -> datetime:
        """The next full minute: what is asked is kept for a while, so it should not differ by the second."""
        return self.moment.replace(second=0, microsecond=0) + timedelta(minutes=1)

    @property
    def settlement_date(self) -> date:
        return local_date(self.moment)


def _until() -> Until:
    known, now = controls.known_utc(), now_utc().astimezone(UTC)
    if known is None:
        return Until(now, None)
    day_end = datetime.combine(known.astimezone(UTC).date() + DAY, datetime.min.time(), UTC)
    return Until(min(now, day_end - timedelta(seconds=1)), known)


def _page() -> None:
    until = _until()
    st.title("Sources", anchor=False)
    attempts = marts.attempts(tuple(DATASETS), reliability.recent(until.day), until.day)
    newest = marts.newest_answers()
    if until.known:
        newest = {name: row["newest_answered_utc"] for name, row in attempts.items() if row["newest_answered_utc"]}
    midnight = datetime.combine(reliability.recent(until.day), datetime.min.time(), UTC)
    issues = marts.issues(midnight, until.end_utc)
    found = reliability.standings(until.moment, newest, attempts, marts.gaps(until.settlement_date), issues)
    with st.container(key="summary"):
        st.markdown(f"**{text.plain(reliability.summary(found, until.moment))}**")
    if until.known:
        st.caption(
            text.plain(
                f"Reliability is by the UTC day of fetch, so this is as at the end of {day_text(until.day)}; ages are "
                "to the last time that a source was asked on its day. Which gaps are filled, and which bodies were "
                "loaded since, is as it is now."
            )
        )
    _overview(found, until)
    _dataset(found, until)
    _reconciliation(until)
    glossary.show("Lag", "Gap", "Revision", "Withdrawn", "Reconciliation", "Residual", "INDO", "ITSDO", "REMIT")


def _overview(found: list[reliability.Standing], until: Until) -> None:
    first = reliability.recent(until.day)
    st.caption(
        text.plain(
            "Unanswered requests, failed bodies, missed issues of forecasts and revised rows are of the seven UTC "
            f"days from {day_text(first)}. Gaps are half-hours that were due and lack, of all time. A lag is from the "
            "end of a row’s period to our fetch, of the newest day with new rows; on a day of backfill it is long."
        )
    )
    st.dataframe(
        reliability.table(found, until.moment), hide_index=True, key="standings", height="content", column_config=WIDTHS
    )
    panel.downloads(reliability.export_rows(found), f"energy-monitor_sources_{until.day}", "standings")


def _dataset(found: list[reliability.Standing], until: Until) -> None:
    asked = [one.dataset for one in found if one.is_asked_for]
    if not asked:
        return
    st.header("One dataset", anchor=False)
    name = st.selectbox("Dataset", asked, key="dataset", bind="query-params", width=320)
    dataset = DATASETS[name]
    standing = next(one for one in found if one.dataset == name)
    st.markdown(
        text.plain(
            f"{dataset.title}. {dataset.meaning} Revisions: {dataset.revisions} It is {standing.words}; its newest "
            f"answer may be {reliability.span_words(dataset.allowed_lateness)} old."
        )
    )
    newest = standing.attempt["newest_attempt_utc"].date() if standing.attempt else until.day
    days = marts.days(name, newest - YEAR, newest)
    _lag(name, days)
    _failures(days)
    _gaps(name, until)
    _revisions(name, until)


def _lag(name: str, days: list[Row]) -> None:
    st.header("How late its rows come", anchor=False)
    if not any(day["median_lag_minutes"] is not None for day in days):
        st.caption("It has no lag: its rows are known ahead, or have no time of their own.")
        return
    spec = source_charts.lag_lines(days, DATASETS[name].title)
    st.caption(text.plain(spec["description"]))
    stem = f"energy-monitor_lag_{name}_{days[0]['fetch_date']}_to_{days[-1]['fetch_date']}"
    panel.show(panel.Figure("lag", spec, days, stem))


def _failures(days: list[Row]) -> None:
    st.header("Failures", anchor=False)
    failures = reliability.failures(days)
    if not failures:
        asked = sum(day["requests_answered"] for day in days)
        on = "one day" if len(days) == 1 else f"{len(days):,} days"
        st.caption(f"None on {on} of fetch: {asked:,} requests were answered and loaded.")
        return
    st.caption("The newest days on which a request got no answer, or a body could not be loaded at first.")
    st.dataframe(failures, hide_index=True, key="failures")


def _gaps(name: str, until: Until) -> None:
    st.header("Gaps", anchor=False)
    last = marts.newest_gap_day(name, until.settlement_date)
    if last is None:
        _issues(name, until)
        return
    days = marts.gap_days(name, source_charts.first_day(last), last)
    st.caption(text.plain(source_charts.gaps_in_words(days)))
    spec = source_charts.calendar(days, last, DATASETS[name].title)
    stem = f"energy-monitor_gaps_{name}_{days[0]['settlement_date']}_to_{last}"
    panel.show(panel.Figure("gaps", spec, days, stem))


def _issues(name: str, until: Until) -> None:
    """Of forecasts that cannot be asked for later, what is lost is issues."""
    issues = marts.issues(until.end_utc - 30 * DAY, until.end_utc).get(name)
    if issues is None:
        st.caption("Gaps are counted of half-hourly measurements; this dataset is none, or was never asked for a day.")
        return
    st.caption(
        f"Its source keeps the newest issue alone: of {issues['issues']:,} issues in thirty days {issues['missed']:,} "
        "were not fetched while they held, and are lost."
    )


def _revisions(name: str, until: Until) -> None:
    st.header("Newest revisions", anchor=False)
    found = marts.revisions(name, until.known or until.end_utc)
    if not found:
        st.caption("No value of it was seen to change after it had come.")
        return
    table = [
        {
            "Row": row["row_key"],
            "Value": row["value_name"],
            "Change": row["change"],
            "Before": text.NONE if row["value_before"] is None else row["value_before"],
            "After": text.NONE if row["value_after"] is None else row["value_after"],
            "After the period": reliability.lag(
                None if row["hours_after_period_end"] is None else row["hours_after_period_end"] * 60
            ),
            "Fetched": moment_text(row["changed_at_utc"]),
        }
        for row in found
    ]
    st.caption("The newest twenty at most, as the source’s values stood before and after.")
    st.dataframe(table, hide_index=True, key="revisions")
    panel.downloads(found, f"energy-monitor_revisions_{name}", "revisions")


def _reconciliation(until: Until) -> None:
    st.header("Do the sources agree?", anchor=False)
    last = marts.newest_reconciled_day(until.settlement_date)
    if last is None:
        st.caption("No two sources of one thing have been fetched for the same day yet.")
        return
    by_check = checks.in_order(marts.reconciliation(last - YEAR, last))
    st.caption(
        text.plain(
            f"Two numbers that should be nearly one are set against each other, over the year to {day_text(last)}. "
            "Bounds are where the days of real years lie. A day outside means that a source is likely to be at fault, "
            "or that a definition has changed."
        )
    )
    st.dataframe(checks.table(by_check), hide_index=True, key="checks")
    titles = {checks.check_of(name).title: name for name in by_check}
    chosen = st.selectbox("Check", list(titles), key="check", bind="query-params", width=420)
    name = titles[chosen]
    days, check = by_check[name], checks.check_of(name)
    st.markdown(
        text.plain(f"{check.left[0].upper()}{check.left[1:]}, less {check.right}. {check.why} {checks.in_words(days)}")
    )
    first = days[0]["settlement_date"]
    spec = checks.residuals(name, days, first, last)
    panel.show(panel.Figure("residuals", spec, days, f"energy-monitor_reconciliation_{name}_{first}_to_{last}"))


_page()
