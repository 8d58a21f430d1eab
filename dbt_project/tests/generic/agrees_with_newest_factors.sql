{#-
    What the seed of carbon factors has from the API is what the API says now, where that was loaded: a factor that
    changed, or that is new there, is to be added to the seed, with the time from which it holds.
-#}
{% test agrees_with_newest_factors(model) %}

with loaded as (

    select * from {{ ref('stg_carbon_intensity__factors') }} where is_newest and absent_from_utc is null

),

ours as (

    select distinct
        factor_fuel,
        carbon_factor_gco2_per_kwh
    from {{ model }}
    where not is_assumed and valid_to_utc is null

)

select
    coalesce(ours.factor_fuel, loaded.factor_fuel) as factor_fuel,
    ours.carbon_factor_gco2_per_kwh as ours,
    loaded.carbon_factor_gco2_per_kwh as of_the_api
from ours
full outer join loaded on ours.factor_fuel = loaded.factor_fuel
where
    exists (select 1 from loaded)
    and (
        ours.factor_fuel is null
        or loaded.factor_fuel is null
        or ours.carbon_factor_gco2_per_kwh <> loaded.carbon_factor_gco2_per_kwh
    )

{% endtest %}
