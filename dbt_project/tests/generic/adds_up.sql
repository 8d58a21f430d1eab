{#-
    A column is the sum of its parts, each where it is above zero: what a part uses is no supply.

    parts: columns of the same row. A row whose total is unknown is not looked at.
-#}
{% test adds_up(model, column_name, parts) %}

select
    {{ column_name }},
    {{ parts | join(', ') }}
from {{ model }}
where
    {{ column_name }} <> (
        {% for part in parts -%}
        {{ '+ ' if not loop.first }}case when {{ part }} > 0 then {{ part }} else 0 end
        {% endfor %}
    )

{% endtest %}
