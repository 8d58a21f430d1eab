{#- From column to column nothing falls: instants follow each other, a count is of a part of what the next one counts. -#}
{% test in_order(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where
    {% for column in columns[1:] -%}
    {{ 'or ' if not loop.first }}{{ columns[loop.index0] }} > {{ column }}
    {% endfor %}

{% endtest %}
