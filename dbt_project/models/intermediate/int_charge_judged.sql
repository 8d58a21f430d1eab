{{ config(materialized='view') }}

with advice as (

    select
        given.*,
        prepared.window_id,
        prepared.energy_at_meter_kwh
    from {{ ref('stg_own__advice') }} as given
    inner join {{ ref('int_charge_advice') }} as prepared on given.advice_id = prepared.advice_id

),

half_hours as (

    select
        window_id,
        {% for measure in ['cost', 'carbon'] %}
            cast(sum(case when measure = '{{ measure }}' then lost else 0 end) as integer) as {{ measure }}_lost,
            cast(sum(case when measure = '{{ measure }}' then lacking - lost else 0 end) as integer)
                as {{ measure }}_pending,
        {% endfor %}
        cast(count(distinct case when not is_end then position end) as integer) as half_hours
    from {{ ref('int_charge_slots') }}
    group by 1

),

runs as (

    select * from {{ ref('int_charge_runs') }}
    union all
    select * from {{ ref('int_charge_best_splits') }}

),

scores as (

    select
        {% for run in ['advised', 'at_once', 'hindsight'] %}
            max(case when run = '{{ run }}' then cost_p end) as {{ run }}_cost_p,
            max(case when run = '{{ run }}' then carbon_g end) as {{ run }}_carbon_g,
        {% endfor %}
        advice_id
    from runs
    group by advice_id

)

-- Of advice that asks for less than the whole energy nothing is compared, as it would look cheap.
select
    advice.*,
    half_hours.half_hours,
    case when advice.price_series = 'none' then null else half_hours.cost_lost end as price_lost_half_hours,
    case when advice.price_series = 'none' then null else half_hours.cost_pending end as price_pending_half_hours,
    half_hours.carbon_lost as carbon_lost_half_hours,
    half_hours.carbon_pending as carbon_pending_half_hours,
    scores.advised_cost_p,
    scores.advised_carbon_g,
    scores.at_once_cost_p,
    scores.at_once_carbon_g,
    scores.hindsight_cost_p,
    scores.hindsight_carbon_g,
    case
        when advice.shortfall_kwh > 0 then 'not_given'
        when advice.objective = 'cheapest' and half_hours.cost_pending > 0 then 'pending'
        when advice.objective = 'greenest' and half_hours.carbon_pending > 0 then 'pending'
        when advice.objective = 'cheapest' and scores.advised_cost_p + scores.at_once_cost_p is null then 'lost'
        when advice.objective = 'greenest' and scores.advised_carbon_g + scores.at_once_carbon_g is null then 'lost'
        else 'scored'
    end as state
from advice
inner join half_hours on advice.window_id = half_hours.window_id
left join scores on advice.advice_id = scores.advice_id
