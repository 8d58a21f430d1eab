{#- The states of macros/states.sql and no others; null where nothing was asked for. -#}
{% test accepted_states(model, column_name) %}

select {{ column_name }}
from {{ model }}
where {{ column_name }} not in ('{{ all_states() | join("', '") }}')

{% endtest %}
