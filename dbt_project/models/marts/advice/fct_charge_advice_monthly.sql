-- What was really given, and what was worked out afterwards, are never counted together.
with advice as (

    select
        *,
        {{ first_date_of('month', 'settlement_date') }} as month_start_date
    from {{ ref('fct_charge_advice') }}

)

select
    month_start_date,
    load_id,
    objective,
    region_code,
    region_name,
    given,
    count(*) as evenings,
    {% for state in ['scored', 'pending', 'lost', 'not_given'] %}
        count(case when state = '{{ state }}' then 1 end) as {{ state }}_evenings,
    {% endfor %}
    -- an objective has one of the two, and some engines order a group by one expression alone
    {% for regret in ['regret_cost_p', 'regret_carbon_g'] %}
        {{ mean(regret) }} as mean_{{ regret }},
        case when count({{ regret }}) > 0 then {{ percentile(0.95, 'coalesce(regret_cost_p, regret_carbon_g)') }} end
            as p95_{{ regret }},
    {% endfor %}
    count(case when is_clock_change_night then 1 end) as clock_change_evenings,
    sum(price_lost_half_hours) as price_lost_half_hours,
    sum(carbon_lost_half_hours) as carbon_lost_half_hours,
    sum(saving_cost_p) as total_saving_cost_p,
    sum(case when saving_cost_p is not null then at_once_cost_p end) as total_at_once_cost_p,
    sum(saving_carbon_g) as total_saving_carbon_g,
    sum(case when saving_carbon_g is not null then at_once_carbon_g end) as total_at_once_carbon_g
from advice
group by 1, 2, 3, 4, 5, 6
