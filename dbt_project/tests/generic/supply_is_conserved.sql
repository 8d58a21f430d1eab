{#-
    The supply of a half-hour is what its fuels and imports fed in, each counted once: the positive generation of
    fct_generation_half_hourly without the embedded fuels. A half-hour whose supply is unknown is not looked at.
-#}
{% test supply_is_conserved(model, column_name) %}

with fed_in as (

    select
        generation.period_start_utc,
        sum(case when generation.generation_mw > 0 then generation.generation_mw else 0 end) as fed_in_mw
    from {{ ref('fct_generation_half_hourly') }} as generation
    inner join {{ ref('dim_fuels') }} as fuels on generation.fuel_code = fuels.fuel_code
    where not fuels.is_embedded and {{ in_days_tested('generation.settlement_date') }}
    group by 1

)

select
    tested.period_start_utc,
    tested.{{ column_name }},
    fed_in.fed_in_mw
from (select * from {{ model }}) as tested
left join fed_in on tested.period_start_utc = fed_in.period_start_utc
where
    tested.{{ column_name }} is not null
    and tested.{{ column_name }} <> coalesce(fed_in.fed_in_mw, -1)

{% endtest %}
