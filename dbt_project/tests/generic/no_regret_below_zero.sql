{#- Nothing is better than the best there was; charging at once is not either, and each scored row has its regret. -#}
{% test no_regret_below_zero(model) %}

select *
from {{ model }}
where
    state = 'scored'
    and (
        coalesce(regret_cost_p, regret_carbon_g) is null
        or coalesce(regret_cost_p, regret_carbon_g) < -0.00001
        or case when objective = 'cheapest' then at_once_cost_p - hindsight_cost_p end < -0.00001
        or case when objective = 'greenest' then at_once_carbon_g - hindsight_carbon_g end < -0.00001
    )

{% endtest %}
