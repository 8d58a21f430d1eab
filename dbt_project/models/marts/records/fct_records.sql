with history as (

    select * from {{ ref('fct_record_history') }} where is_current

),

latest_ties as (

    select
        record_id,
        max(period_start_utc) as last_tied_period_start_utc
    from history
    where is_tie
    group by 1

)

select
    history.record_id,
    history.record_name,
    history.span,
    history.direction,
    history.unit,
    history.settlement_date,
    history.settlement_period,
    history.period_start_utc,
    history.period_end_utc,
    history.periods,
    history.value,
    history.state,
    history.source_dataset,
    history.is_start_known,
    history.is_end_known,
    history.ties,
    latest_ties.last_tied_period_start_utc,
    history.beaten_value,
    history.beaten_period_start_utc,
    history.held_from_utc,
    series.known_since_utc,
    series.known_to_utc,
    series.known_periods,
    cast({{ seconds_between('series.known_since_utc', 'series.known_to_utc') }} / 1800 as integer) as periods_in_span,
    kinds.caveat
from history
inner join {{ ref('record_kinds') }} as kinds on history.record_id = kinds.record_id
inner join {{ ref('int_record_series') }} as series on kinds.series = series.series
left join latest_ties on history.record_id = latest_ties.record_id
where not history.is_tie
