with scored as (

    select
        judged.*,
        case
            when judged.state = 'scored' then judged.at_once_cost_p - judged.advised_cost_p
        end as saving_cost_p,
        case
            when judged.state = 'scored' then judged.at_once_carbon_g - judged.advised_carbon_g
        end as saving_carbon_g
    from {{ ref('int_charge_judged') }} as judged

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
    cast(scored.shortfall_kwh as {{ real_number() }}) as shortfall_kwh,
    scored.half_hours,
    {{ periods_in(add_days('scored.evening', 1)) }} <> 48 as is_clock_change_night,
    scored.state,
    scored.price_lost_half_hours,
    scored.price_pending_half_hours,
    scored.carbon_lost_half_hours,
    scored.carbon_pending_half_hours,
    cast(scored.expected_cost_p as {{ real_number() }}) as expected_cost_p,
    cast(scored.expected_carbon_g as {{ real_number() }}) as expected_carbon_g,
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
