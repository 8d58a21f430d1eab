"""What the page Outages asks: the messages that hold at a moment, those of a window, and one with all its revisions.

A unit is its energy identification code where that was sent, else its name, else the plant's code.
"""

from datetime import datetime

from dashboard.as_known import ask
from dashboard.connection import Row
from dashboard.kept import kept

UNIT = "coalesce(nullif(affected_unit_eic, ''), nullif(affected_unit, ''), nullif(asset_id, ''), mrid)"
# What is out of use of what makes or brings power; a pump that stands still takes none from the grid.
COUNTED = "unavailable_mw > 0 and lower(coalesce(event_type, '')) not like 'consumption%'"
HOLDS = "event_status = 'Active' and state <> 'withdrawn'"
_COLUMNS = """
    mrid, revision_number, published_at_utc, affected_unit, asset_id, fuel_type, event_type, unavailability_type,
    unavailable_mw, available_mw, normal_mw, event_start_utc, event_end_utc, cause, related_information,
    participant_id, affected_area
"""


@kept
def under_way(at_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """The messages on outages under way, largest first; `is_counted` marks the one that counts for its unit."""
    return ask(
        f"""
        select
            {_COLUMNS},
            case when {COUNTED} then row_number() over (
                partition by {UNIT}
                order by case when {COUNTED} then 0 else 1 end, unavailable_mw desc, published_at_utc desc, mrid
            ) = 1 else false end as is_counted
        from {{fct_outages}} as outages
        where superseded_by_then_utc is null and {HOLDS}
            and event_start_utc <= :at_utc and (event_end_utc is null or event_end_utc > :at_utc)
        order by unavailable_mw desc nulls last, event_end_utc, mrid
        """,
        known_utc,
        at_utc=at_utc,
    )


@kept
def coming(after_utc: datetime, until_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """The messages on outages that begin in a span, the next first."""
    return ask(
        f"""
        select {_COLUMNS} from {{fct_outages}} as outages
        where superseded_by_then_utc is null and {HOLDS}
            and event_start_utc > :after_utc and event_start_utc <= :until_utc
        order by event_start_utc, unavailable_mw desc nulls last, mrid
        """,
        known_utc,
        after_utc=after_utc,
        until_utc=until_utc,
    )


@kept
def spans(first_utc: datetime, end_utc: datetime, known_utc: datetime | None = None) -> list[Row]:
    """When each revision spoke of an outage, from `from_utc` up to before `to_utc`: null is open.

    A revision holds from when it was published until the next one was; the newest holds for all that is to come.
    """
    return ask(
        f"""
        select
            {UNIT} as unit,
            mrid,
            fuel_type,
            unavailability_type,
            unavailable_mw,
            published_at_utc,
            greatest(event_start_utc, published_at_utc) as from_utc,
            least(event_end_utc, superseded_by_then_utc) as to_utc
        from {{fct_outages}} as outages
        where {HOLDS} and {COUNTED}
            and event_start_utc < :end_utc and (event_end_utc > :first_utc or event_end_utc is null)
            and published_at_utc < :end_utc
            and (superseded_by_then_utc > :first_utc or superseded_by_then_utc is null)
        order by unit, published_at_utc desc, mrid
        """,
        known_utc,
        first_utc=first_utc,
        end_utc=end_utc,
    )


@kept
def published(known_utc: datetime | None = None) -> tuple[datetime, datetime] | None:
    """When the oldest and the newest message that is here were published; None where there is none."""
    (answer,) = ask(
        "select min(published_at_utc) as oldest, max(published_at_utc) as newest from {fct_outages} as outages",
        known_utc,
    )
    return None if answer["oldest"] is None else (answer["oldest"], answer["newest"])


@kept
def revisions(mrid: str, known_utc: datetime | None = None) -> list[Row]:
    """All revisions of a message, in the order of their publishing."""
    return ask(
        "select * from {fct_outages} as outages where mrid = :mrid order by published_at_utc, revision_number",
        known_utc,
        mrid=mrid,
    )
