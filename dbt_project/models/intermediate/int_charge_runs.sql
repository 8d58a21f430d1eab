{{ config(
    materialized='incremental',
    incremental_strategy='replace_nights',
    on_schema_change='fail',
    indexes=[{'columns': ['settlement_date']}],
) }}

{#- Less than this part of a half-hour is rounding; a piece is kept to the microsecond. -#}
{%- set noise = 0.000001 %}

-- Time is counted in half-hours since earliest_utc: 1.5 is 45 minutes later.
with advice as (

    select * from {{ ref('int_charge_advice') }} where {{ in_nights_to_build('settlement_date') }}

),

-- What runs in one go is a list of steps; energy at full power is a single one.
profile_steps as (

    {{ unnested('advice', 'profile') }}

),

steps as (

    select
        advice_id,
        item_number as step_number,
        2 * cast({{ json_field('item', 'hours') }} as double precision) as step_half_hours,
        cast({{ json_field('item', 'power_kw') }} as double precision) as power_kw
    from profile_steps
    union all
    select
        advice.advice_id,
        1 as step_number,
        2 * advice.energy_at_meter_kwh / advice.power_kw as step_half_hours,
        advice.power_kw
    from advice
    left join profile_steps on advice.advice_id = profile_steps.advice_id
    where profile_steps.advice_id is null

),

-- Where a run's power changes, since its start; at its end it is 0.
changes as (

    select
        advice_id,
        step_number as change_number,
        coalesce(sum(step_half_hours) over (
            partition by advice_id order by step_number rows between unbounded preceding and 1 preceding
        ), 0) as since_start,
        sum(step_half_hours) over (partition by advice_id) as run_half_hours,
        power_kw
    from steps
    union all
    select
        advice_id,
        max(step_number) + 1 as change_number,
        sum(step_half_hours) as since_start,
        sum(step_half_hours) as run_half_hours,
        0 as power_kw
    from steps
    group by 1

),

edges as (

    {{ numbers_between(0, 50) }}

),

-- What a run costs is piecewise linear in its start: it bends only where the run's power changes at an edge of a slot,
-- or at the ends of what is allowed, which are edges too. So one of these runs is the best of all. Of a load that may
-- pause, runs are looked at for charging at once alone, which begins at an edge.
starts as (

    select distinct
        advice.advice_id,
        round(cast(edges.number - changes.since_start as numeric), 9) as run_start
    from advice
    inner join changes on advice.advice_id = changes.advice_id
    inner join edges on advice.half_hours >= edges.number
    where
        (advice.is_in_one_go or changes.change_number = 1)
        and edges.number - changes.since_start >= -{{ noise }}
        and edges.number - changes.since_start + changes.run_half_hours <= advice.half_hours + {{ noise }}

),

pieces as (

    {{ unnested('advice', 'pieces') }}

),

-- Of each run that could have been, and of the pieces that were advised: when power changes, and to what.
points as (

    select
        starts.advice_id,
        'possible' as run,
        starts.run_start,
        changes.change_number as point_number,
        cast(starts.run_start as double precision) + changes.since_start as position,
        changes.power_kw
    from starts
    inner join changes on starts.advice_id = changes.advice_id
    union all
    select
        advice_id,
        'advised' as run,
        0 as run_start,
        2 * item_number as point_number,
        cast({{ seconds_between(
            'earliest_utc', 'cast(' ~ json_field('item', 'start_utc') ~ ' as timestamp with time zone)'
        ) }} as double precision) / 1800 as position,
        cast({{ json_field('item', 'power_kw') }} as double precision) as power_kw
    from pieces
    union all
    select
        advice_id,
        'advised' as run,
        0 as run_start,
        2 * item_number + 1 as point_number,
        cast({{ seconds_between(
            'earliest_utc', 'cast(' ~ json_field('item', 'end_utc') ~ ' as timestamp with time zone)'
        ) }} as double precision) / 1800 as position,
        0 as power_kw
    from pieces

),

within as (

    select
        advice.window_id,
        points.advice_id,
        points.run,
        points.run_start,
        points.point_number,
        points.power_kw,
        least(greatest(points.position, 0), advice.half_hours) as position
    from points
    inner join advice on points.advice_id = advice.advice_id

),

-- Sums up to each of these moments: a half-hour that is used in part counts in part.
summed as (

    select
        within.advice_id,
        within.run,
        within.run_start,
        within.point_number,
        within.power_kw,
        slots.measure,
        slots.value_before + (within.position - slots.position) * coalesce(slots.value, 0) as value_until,
        slots.lacking_before + (within.position - slots.position) * slots.lacking as lacking_until
    from within
    inner join {{ ref('int_charge_slots') }} as slots
        on within.window_id = slots.window_id and slots.position = cast(floor(within.position) as integer)

),

between_points as (

    select
        advice_id,
        run,
        run_start,
        measure,
        power_kw,
        lead(value_until) over (
            partition by advice_id, run, run_start, measure order by point_number
        ) - value_until as value_between,
        lead(lacking_until) over (
            partition by advice_id, run, run_start, measure order by point_number
        ) - lacking_until as lacking_between
    from summed

),

-- kW times half-hours is twice the energy.
runs as (

    select
        advice_id,
        run,
        run_start,
        sum(case when measure = 'cost' then power_kw * value_between / 2 end) as cost_p,
        sum(case when measure = 'carbon' then power_kw * value_between / 2 end) as carbon_g,
        coalesce(sum(case when measure = 'cost' and power_kw > 0 then lacking_between end), 1) as cost_lacking,
        coalesce(sum(case when measure = 'carbon' and power_kw > 0 then lacking_between end), 1) as carbon_lacking
    from between_points
    where value_between is not null
    group by 1, 2, 3

),

known_runs as (

    select
        advice_id,
        run,
        run_start,
        case when cost_lacking < {{ noise }} then cost_p end as cost_p,
        case when carbon_lacking < {{ noise }} then carbon_g end as carbon_g
    from runs

),

-- No run crosses a half-hour that lacks.
possible as (

    select
        known_runs.advice_id,
        known_runs.cost_p,
        known_runs.carbon_g,
        row_number() over (partition by known_runs.advice_id order by known_runs.run_start) as place_by_time,
        row_number() over (
            partition by known_runs.advice_id
            order by
                round(cast(case
                    when advice.objective = 'cheapest' then known_runs.cost_p else known_runs.carbon_g
                end as numeric), 9),
                known_runs.run_start
        ) as place_by_objective
    from known_runs
    inner join advice on known_runs.advice_id = advice.advice_id
    where
        known_runs.run = 'possible'
        and case when advice.objective = 'cheapest' then known_runs.cost_p else known_runs.carbon_g end is not null

),

scored as (

    select
        advice_id,
        'advised' as run,
        cost_p,
        carbon_g
    from known_runs
    where run = 'advised'
    union all
    select
        advice_id,
        'at_once' as run,
        cost_p,
        carbon_g
    from possible
    where place_by_time = 1
    union all
    select
        possible.advice_id,
        'hindsight' as run,
        possible.cost_p,
        possible.carbon_g
    from possible
    inner join advice on possible.advice_id = advice.advice_id
    where possible.place_by_objective = 1 and advice.is_in_one_go

)

select
    advice.settlement_date,
    scored.advice_id,
    scored.run,
    scored.cost_p,
    scored.carbon_g
from scored
inner join advice on scored.advice_id = advice.advice_id
