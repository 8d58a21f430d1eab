with spans as (

    select
        {% for series in record_series() %}
            min(case when {{ series }} is not null then period_start_utc end) as {{ series }}_since_utc,
            max(case when {{ series }} is not null then period_start_utc end) as {{ series }}_to_utc,
            count({{ series }}) as {{ series }}_periods,
        {% endfor %}
        count(*) as all_periods
    from {{ ref('int_complete_half_hours') }}

)

{% for series in record_series() %}
    select
        '{{ series }}' as series,
        {{ series }}_since_utc as known_since_utc,
        {{ add_minutes(series ~ '_to_utc', 30) }} as known_to_utc,
        {{ series }}_periods as known_periods
    from spans
    where {{ series }}_periods > 0
    {{ 'union all' if not loop.last }}
{% endfor %}
