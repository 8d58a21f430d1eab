{{ config(
    materialized='incremental',
    incremental_strategy='replace_nights',
    on_schema_change='fail',
    indexes=[{'columns': ['settlement_date']}],
) }}

with advice as (

    select * from {{ ref('int_charge_advice') }} where {{ in_nights_to_build('settlement_date') }}

),

{{ charge_run_changes() }},

{{ charge_run_points(noise=0.000001) }},

{{ charge_run_values(noise=0.000001) }},

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
                end as {{ exact_number() }}), 9),
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
