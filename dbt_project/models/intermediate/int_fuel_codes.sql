{{ config(materialized='incremental', incremental_strategy='replace_days', on_schema_change='fail') }}

with received as (

    select
        settlement_date,
        fuel_code
    from {{ days_to_build_of(ref('stg_elexon__generation_half_hourly')) }} as half_hours
    union all
    select
        settlement_date,
        fuel_code
    from {{ days_to_build_of(ref('stg_elexon__generation_five_minutely'), 'interval_start_utc') }} as five_minutes
    {% for relation in ['int_history_generation', 'int_history_five_minutes'] %}
        union all
        select
            settlement_date,
            fuel_code
        from {{ ref(relation) }}
        where {{ in_days_to_build('settlement_date') }}
    {% endfor %}

)

select distinct
    settlement_date,
    fuel_code
from received
