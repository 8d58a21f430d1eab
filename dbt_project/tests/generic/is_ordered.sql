{#- Each instant of these columns is no later than the one after it. -#}
{% test is_ordered(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where
    {% for column in columns[1:] -%}
    {{ 'or ' if not loop.first }}{{ columns[loop.index0] }} > {{ column }}
    {% endfor %}

{% endtest %}
