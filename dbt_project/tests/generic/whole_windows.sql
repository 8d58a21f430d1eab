{#- Every window of int_charge_slots has all of its half-hours, numbered without a gap, and one row that closes it. -#}
{% test whole_windows(model) %}

select
    window_id,
    measure
from {{ model }}
group by 1, 2
having
    min(position) <> 0
    or max(position) <> count(*) - 1
    or sum(case when is_end then 1 else 0 end) <> 1
    or max(case when is_end then position end) <> count(*) - 1

{% endtest %}
