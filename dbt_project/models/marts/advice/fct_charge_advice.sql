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
        cast(count(distinct case when not is_end then position end) as integer) as half_hours,
        {% for measure in ['cost', 'carbon'] -%}
        cast(sum(case when measure = '{{ measure }}' then lost else 0 end) as integer) as {{ measure }}_lost,
        cast(sum(case when measure = '{{ measure }}' then lacking - lost else 0 end) as integer)
            as {{ measure }}_pending{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_charge_slots') }}
    group by 1

),

runs as (

    select
        advice_id,
        run,
        cost_p,
        carbon_g
    from {{ ref('int_charge_runs') }}
    union all
    select
        advice_id,
        run,
        cost_p,
        carbon_g
    from {{ ref('int_charge_best_splits') }}

),

scores as (

    select
        advice_id,
        {% for run in ['advised', 'at_once', 'hindsight'] -%}
        max(case when run = '{{ run }}' then cost_p end) as {{ run }}_cost_p,
        max(case when run = '{{ run }}' then carbon_g end) as {{ run }}_carbon_g{{ ',' if not loop.last }}
        {% endfor %}
    from runs
    group by 1

),

-- Of advice that asks for less than the whole energy nothing is compared, as it would look cheap.
judged as (

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

)

select
    evening as settlement_date,
    load_id,
    objective,
    region_code,
    regions.region_name,
    tariff_code,
    price_basis,
    given,
    asked_at_utc,
    given_at_utc,
    earliest_utc,
    deadline_utc,
    prices_known_until_utc,
    carbon_known_until_utc,
    is_in_one_go,
    energy_at_meter_kwh,
    cast(shortfall_kwh as double precision) as shortfall_kwh,
    half_hours,
    {{ periods_in(add_days('evening', 1)) }} <> 48 as is_clock_change_night,
    state,
    price_lost_half_hours,
    price_pending_half_hours,
    carbon_lost_half_hours,
    carbon_pending_half_hours,
    cast(expected_cost_p as double precision) as expected_cost_p,
    cast(expected_carbon_g as double precision) as expected_carbon_g,
    advised_cost_p,
    at_once_cost_p,
    hindsight_cost_p,
    advised_carbon_g,
    at_once_carbon_g,
    hindsight_carbon_g,
    case when state = 'scored' then at_once_cost_p - advised_cost_p end as saving_cost_p,
    -- a part of a cost that is zero or below says nothing
    case
        when state = 'scored' and at_once_cost_p > 0 then (at_once_cost_p - advised_cost_p) / at_once_cost_p
    end as saving_cost_share,
    case when state = 'scored' then at_once_carbon_g - advised_carbon_g end as saving_carbon_g,
    case
        when state = 'scored' and at_once_carbon_g > 0 then (at_once_carbon_g - advised_carbon_g) / at_once_carbon_g
    end as saving_carbon_share,
    case when state = 'scored' and objective = 'cheapest' then advised_cost_p - hindsight_cost_p end as regret_cost_p,
    case
        when state = 'scored' and objective = 'greenest' then advised_carbon_g - hindsight_carbon_g
    end as regret_carbon_g,
    fetched_at_utc,
    lake_key
from judged
left join {{ ref('regions') }} as regions on judged.region_code = regions.gsp_group_code
