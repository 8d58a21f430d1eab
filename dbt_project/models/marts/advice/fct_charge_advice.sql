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
        {% for run in ['advised', 'at_once', 'hindsight'] %}
            max(case when run = '{{ run }}' then cost_p end) as {{ run }}_cost_p,
            max(case when run = '{{ run }}' then carbon_g end) as {{ run }}_carbon_g,
        {% endfor %}
        advice_id
    from runs
    group by advice_id

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

),

scored as (

    select
        judged.*,
        case
            when judged.state = 'scored' then judged.at_once_cost_p - judged.advised_cost_p
        end as saving_cost_p,
        case
            when judged.state = 'scored' then judged.at_once_carbon_g - judged.advised_carbon_g
        end as saving_carbon_g
    from judged

)

select
    scored.evening as settlement_date,
    scored.load_id,
    scored.objective,
    scored.region_code,
    regions.region_name,
    scored.tariff_code,
    scored.price_basis,
    scored.given,
    scored.asked_at_utc,
    scored.given_at_utc,
    scored.earliest_utc,
    scored.deadline_utc,
    scored.prices_known_until_utc,
    scored.carbon_known_until_utc,
    scored.is_in_one_go,
    scored.energy_at_meter_kwh,
    cast(scored.shortfall_kwh as double precision) as shortfall_kwh,
    scored.half_hours,
    {{ periods_in(add_days('scored.evening', 1)) }} <> 48 as is_clock_change_night,
    scored.state,
    scored.price_lost_half_hours,
    scored.price_pending_half_hours,
    scored.carbon_lost_half_hours,
    scored.carbon_pending_half_hours,
    cast(scored.expected_cost_p as double precision) as expected_cost_p,
    cast(scored.expected_carbon_g as double precision) as expected_carbon_g,
    scored.advised_cost_p,
    scored.at_once_cost_p,
    scored.hindsight_cost_p,
    scored.advised_carbon_g,
    scored.at_once_carbon_g,
    scored.hindsight_carbon_g,
    scored.saving_cost_p,
    -- a part of a cost that is zero or below says nothing
    case when scored.at_once_cost_p > 0 then scored.saving_cost_p / scored.at_once_cost_p end as saving_cost_share,
    scored.saving_carbon_g,
    case
        when scored.at_once_carbon_g > 0 then scored.saving_carbon_g / scored.at_once_carbon_g
    end as saving_carbon_share,
    case
        when scored.state = 'scored' and scored.objective = 'cheapest'
            then scored.advised_cost_p - scored.hindsight_cost_p
    end as regret_cost_p,
    case
        when scored.state = 'scored' and scored.objective = 'greenest'
            then scored.advised_carbon_g - scored.hindsight_carbon_g
    end as regret_carbon_g,
    scored.fetched_at_utc,
    scored.lake_key
from scored
left join {{ ref('regions') }} as regions on scored.region_code = regions.gsp_group_code
