{#- What should hold does hold on the newest days of a model, counted back from its own newest day. Unknown is no fault. -#}
{% test recently_true(model, column_name, days=7, date='settlement_date') %}

with newest as (

    select max({{ date }}) as newest_date from {{ model }}

)

select tested.*
from (select * from {{ model }}) as tested
cross join newest
where not tested.{{ column_name }} and tested.{{ date }} > {{ add_days('newest.newest_date', -days) }}

{% endtest %}
