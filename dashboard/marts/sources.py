"""What the page Sources asks: how well each source answered, what lacks, what was changed, and what does not add up.

Reliability is by the UTC day of fetch, gaps and reconciliation by settlement date.
"""

from datetime import date, datetime

from dashboard.connection import Row, rows
from dashboard.kept import kept


@kept
def newest_answers() -> dict[str, datetime]:
    """When the newest loaded answer of each dataset came."""
    found = rows("select dataset, newest_answer_utc from marts.dim_datasets")
    return {row["dataset"]: row["newest_answer_utc"] for row in found}


@kept
def attempts(datasets: tuple[str, ...], since: date, until: date) -> dict[str, Row]:
    """By dataset of which anything was asked up to a day: what happened from the day `since` on, and what is left.

    newest_attempt_utc, newest_answered_day: the last time it was asked, and the last day on which an answer came.
    lag_day, median_lag_minutes, p95_lag_minutes: of the newest day that brought new rows with a lag.
    bodies_waiting: of all days; the other numbers are of the days since.
    """
    found = rows(
        """
        select
            asked.dataset,
            newest.newest_attempt_utc,
            answered.fetch_date as newest_answered_day,
            answered.newest_attempt_utc as newest_answered_utc,
            lags.fetch_date as lag_day,
            lags.median_lag_minutes,
            lags.p95_lag_minutes,
            recent.*,
            waiting.bodies_waiting
        from unnest(cast(:datasets as text[])) as asked (dataset)
        cross join lateral (
            select newest_attempt_utc from marts.fct_source_reliability_daily as days
            where days.dataset = asked.dataset and fetch_date <= :until
            order by fetch_date desc limit 1
        ) as newest
        left join lateral (
            select fetch_date, newest_attempt_utc from marts.fct_source_reliability_daily as days
            where days.dataset = asked.dataset and fetch_date <= :until and requests_answered > 0
            order by fetch_date desc limit 1
        ) as answered on true
        left join lateral (
            select fetch_date, median_lag_minutes, p95_lag_minutes from marts.fct_source_reliability_daily as days
            where days.dataset = asked.dataset and fetch_date <= :until and median_lag_minutes is not null
            order by fetch_date desc limit 1
        ) as lags on true
        cross join lateral (
            select
                coalesce(sum(requests_unanswered), 0) as requests_unanswered,
                coalesce(sum(bodies_failed), 0) as bodies_failed,
                coalesce(sum(rows_revised), 0) as rows_revised
            from marts.fct_source_reliability_daily as days
            where days.dataset = asked.dataset and fetch_date between :since and :until
        ) as recent
        cross join lateral (
            select coalesce(sum(bodies_failed_waiting), 0) as bodies_waiting
            from marts.fct_source_reliability_daily as days
            where days.dataset = asked.dataset and fetch_date <= :until
        ) as waiting
        """,
        datasets=list(datasets),
        since=since,
        until=until,
    )
    return {row["dataset"]: row for row in found}


@kept
def gaps(until: date) -> dict[str, int]:
    """By dataset: how many half-hours up to a settlement date lack a number, never received or withdrawn."""
    found = rows(
        """
        select dataset, sum(periods_missing + periods_withdrawn) as gaps
        from marts.fct_source_gaps_daily where settlement_date <= :until group by dataset
        """,
        until=until,
    )
    return {row["dataset"]: int(row["gaps"]) for row in found}


@kept
def issues(start_utc: datetime, end_utc: datetime) -> dict[str, Row]:
    """By forecast of which its source keeps the newest issue alone: `issues` that began in a time, and `missed`."""
    found = rows(
        """
        select dataset, count(*) as issues, sum(case when issue_state = 'missed' then 1 else 0 end) as missed
        from marts.fct_forecast_issues
        where issue_start_utc >= :start_utc and issue_start_utc < :end_utc group by dataset
        """,
        start_utc=start_utc,
        end_utc=end_utc,
    )
    return {row["dataset"]: row for row in found}


@kept
def days(dataset: str, since: date, until: date) -> list[Row]:
    """A dataset's days of fetch, both ends included."""
    return rows(
        """
        select
            fetch_date, requests_answered, requests_unanswered, bodies_failed, bodies_failed_waiting, answers_empty,
            answers_with_unknown_fields, rows_seen, rows_new, rows_revised,
            p05_lag_minutes, median_lag_minutes, p95_lag_minutes, max_lag_minutes, first_error, last_error
        from marts.fct_source_reliability_daily
        where dataset = :dataset and fetch_date between :since and :until
        order by fetch_date
        """,
        dataset=dataset,
        since=since,
        until=until,
    )


@kept
def newest_gap_day(dataset: str, until: date) -> date | None:
    """The newest settlement date of which a dataset was asked for; None where gaps are not counted of it."""
    (answer,) = rows(
        "select max(settlement_date) as newest from marts.fct_source_gaps_daily "
        "where dataset = :dataset and settlement_date <= :until",
        dataset=dataset,
        until=until,
    )
    newest: date | None = answer["newest"]
    return newest


@kept
def gap_days(dataset: str, first: date, last: date) -> list[Row]:
    """A dataset's settlement dates with what they have and lack, both ends included."""
    return rows(
        """
        select
            settlement_date, periods_in_day, periods_expected, periods_received, periods_missing, periods_withdrawn,
            newest_answer_utc
        from marts.fct_source_gaps_daily
        where dataset = :dataset and settlement_date between :first and :last
        order by settlement_date
        """,
        dataset=dataset,
        first=first,
        last=last,
    )


@kept
def revisions(dataset: str, until_utc: datetime, most: int = 20) -> list[Row]:
    """The newest changes of a dataset's values up to a moment."""
    return rows(
        """
        select
            row_key, period_start_utc, value_name, change, value_before, value_after, changed_at_utc,
            hours_after_period_end, lake_key
        from marts.fct_revisions
        where dataset = :dataset and changed_at_utc <= :until_utc
        order by changed_at_utc desc, period_start_utc desc, row_key, value_name
        limit :most
        """,
        dataset=dataset,
        until_utc=until_utc,
        most=most,
    )


@kept
def reconciliation(since: date, until: date) -> list[Row]:
    """Every check's days, both ends included, by check and day."""
    return rows(
        """
        select
            settlement_date, check_name, unit, periods_in_day, periods_expected, periods_compared,
            left_value, right_value, residual, residual_p05, residual_p50, residual_p95,
            residual_minimum, residual_maximum, is_within_bounds
        from marts.fct_reconciliation_daily
        where settlement_date between :since and :until
        order by check_name, settlement_date
        """,
        since=since,
        until=until,
    )


@kept
def newest_reconciled_day(until: date) -> date | None:
    """The newest settlement date up to a day of which two sides were asked for."""
    (answer,) = rows(
        "select max(settlement_date) as newest from marts.fct_reconciliation_daily where settlement_date <= :until",
        until=until,
    )
    newest: date | None = answer["newest"]
    return newest
