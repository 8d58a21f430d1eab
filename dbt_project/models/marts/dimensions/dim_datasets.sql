{%- set loads = ref('stg_ingestion__loads') -%}

-- Dataset by dataset, so that each is found by an index, however many loads there are.
with newest as (

    {% for dataset in names_of_datasets() %}
        {%- set loaded = "from " ~ loads ~ " where status = 'loaded' and dataset = '" ~ dataset ~ "'" %}
        select
            '{{ dataset }}' as dataset,
            (select max(fetched_at_utc) {{ loaded }}) as newest_answer_utc,
            (select min(load_id) {{ loaded }} and is_simulated) as simulated_load_id
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            dataset,
            max(fetched_at_utc) as newest_answer_utc,
            min(case when is_simulated then load_id end) as simulated_load_id
        from {{ loads }}
        where status = 'loaded'
        group by dataset
    {% endfor %}

)

select
    dataset,
    newest_answer_utc,
    simulated_load_id is not null as is_simulated
from newest
where newest_answer_utc is not null
