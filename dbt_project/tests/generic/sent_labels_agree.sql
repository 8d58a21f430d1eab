{#-
    What the source says of a row's time is what we work out for it.

    labels: our column, or an expression over our columns, and the column that the source sent, in pairs.
-#}
{% test sent_labels_agree(model, labels) %}

select *
from {{ model }}
where
    {% for ours, sent in labels -%}
    {{ 'or ' if not loop.first }}{{ ours }} <> {{ sent }}
    {% endfor %}

{% endtest %}
