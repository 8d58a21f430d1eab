{#-
    Steps of int_charge_runs, as lists of CTEs that follow one another. Time is counted in half-hours since the window
    begins: 1.5 is 45 minutes later. `noise` is what is taken for rounding, as a piece is kept to the microsecond.
-#}

{#- `changes`: when, since its start, the power of a load's run changes, and to what. Reads `advice`. -#}
{% macro charge_run_changes() -%}
-- What runs in one go is a list of steps; energy at full power is a single one.
profile_steps as (

    {{ unnested('advice', 'profile') }}

),

steps as (

    select
        advice_id,
        item_number as step_number,
        2 * cast({{ json_field('item', 'hours') }} as {{ real_number() }}) as step_half_hours,
        cast({{ json_field('item', 'power_kw') }} as {{ real_number() }}) as power_kw
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

)
{%- endmacro %}

{#- `within`: for each run that could have been, and for what was advised, when power changes. Reads `changes`. -#}
{% macro charge_run_points(noise) -%}
edges as (

    {{ numbers_between(0, 50) }}

),

-- What a run costs is piecewise linear in its start: it bends only where the run's power changes at an edge of a slot,
-- or at the ends of what is allowed, which are edges too. So one of these runs is the best of all. Of a load that may
-- pause, runs are looked at for charging at once alone, which begins at an edge.
starts as (

    select distinct
        advice.advice_id,
        round(cast(edges.number - changes.since_start as {{ exact_number() }}), 9) as run_start
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
        cast(starts.run_start as {{ real_number() }}) + changes.since_start as position,
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
            'earliest_utc', 'cast(' ~ json_field('item', 'start_utc') ~ ' as ' ~ instant_type() ~ ')'
        ) }} as {{ real_number() }}) / 1800 as position,
        cast({{ json_field('item', 'power_kw') }} as {{ real_number() }}) as power_kw
    from pieces
    union all
    select
        advice_id,
        'advised' as run,
        0 as run_start,
        2 * item_number + 1 as point_number,
        cast({{ seconds_between(
            'earliest_utc', 'cast(' ~ json_field('item', 'end_utc') ~ ' as ' ~ instant_type() ~ ')'
        ) }} as {{ real_number() }}) / 1800 as position,
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

)
{%- endmacro %}

{#- `known_runs`: what each of them came to; null where a half-hour that it uses lacks. Reads `within`. -#}
{% macro charge_run_values(noise) -%}
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

)
{%- endmacro %}

{#- `measured`: prices and national carbon of each half-hour of a window, each with whether it should be there. -#}
{% macro charge_measured() -%}
prices as (

    select
        tariff_code as price_series,
        period_start_utc,
        price_inc_vat_p_per_kwh as price,
        state
    from {{ ref('fct_retail_prices_half_hourly') }}
    union all
    select
        'history' as price_series,
        period_start_utc,
        import_price_p_per_kwh as price,
        state
    from {{ ref('fct_retail_price_history_half_hourly') }}

),

-- A number that does not count is none. It is lost where it should be there and is not; else it is still to come. What
-- a file lacks, nobody sends later.
measured as (

    select
        half_hours.*,
        'cost' as measure,
        case when {{ counts('prices.state') }} then prices.price end as value,
        prices.state in ('missing', 'suspect', 'withdrawn') or half_hours.price_series = 'history' as is_due
    from half_hours
    left join prices
        on half_hours.price_series = prices.price_series and half_hours.period_start_utc = prices.period_start_utc
    where half_hours.price_series <> 'none'
    union all
    select
        half_hours.*,
        'carbon' as measure,
        case when {{ is_measured('carbon.state') }} then carbon.carbon_actual_gco2_per_kwh end as value,
        carbon.state in ('missing', 'suspect', 'withdrawn') as is_due
    from half_hours
    left join {{ ref('fct_carbon_half_hourly') }} as carbon on half_hours.period_start_utc = carbon.period_start_utc

)
{%- endmacro %}
