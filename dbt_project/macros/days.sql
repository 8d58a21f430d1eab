{#- Some days, as few spans: what a build (builds.sql) and a test (tested.sql) look at of what is long. -#}

{#- A settlement date, and the instants that it starts and ends at, as text. -#}
{% macro labels_of_day(day) -%}
        cast({{ day }} as {{ text_type() }}) as settlement_date,
        {{ utc_label(local_midnight_utc(day)) }} as starts,
        {{ utc_label(local_midnight_utc(add_days(day, 1))) }} as ends
{%- endmacro %}

{#-
    Days in their order, with labels_of_day(), as spans of neighbours: first_date, last_date, and the instants that they
    start and end at.
-#}
{% macro spans_of(days) -%}
    {%- set spans = [] -%}
    {%- for day in days -%}
        {%- if spans and spans[-1].ends == day['starts'] -%}
            {%- do spans[-1].update({'last_date': day['settlement_date'], 'ends': day['ends']}) -%}
        {%- else -%}
            {%- do spans.append({
                'first_date': day['settlement_date'],
                'last_date': day['settlement_date'],
                'starts': day['starts'],
                'ends': day['ends'],
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(spans) }}
{%- endmacro %}

{#- Whether a column lies in one of some spans, as spans_of() makes them. -#}
{% macro in_spans(spans, column, holds='settlement_date', days_before=0) -%}
    {%- set conditions = [] -%}
    {%- for span in spans -%}
        {%- if holds == 'settlement_date' -%}
            {%- do conditions.append(
                column ~ " between cast('" ~ span.first_date ~ "' as date) and cast('" ~ span.last_date ~ "' as date)"
            ) -%}
        {%- else -%}
            {%- set starts = "cast('" ~ span.starts ~ "' as " ~ instant_type() ~ ")" -%}
            {%- do conditions.append(
                '(' ~ column ~ ' >= ' ~ (add_minutes(starts, -1440 * days_before) if days_before else starts) ~ ' and '
                ~ column ~ " < cast('" ~ span.ends ~ "' as " ~ instant_type() ~ "))"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') if conditions else 'false' }})
{%- endmacro %}
