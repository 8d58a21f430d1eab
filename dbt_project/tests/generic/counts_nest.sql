{#- Each of these counts is of a part of what the next one counts. -#}
{% test counts_nest(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where
    {% for column in columns[1:] -%}
    {{ 'or ' if not loop.first }}{{ columns[loop.index0] }} > {{ column }}
    {% endfor %}

{% endtest %}
