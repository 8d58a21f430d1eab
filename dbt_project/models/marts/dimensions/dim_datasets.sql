with loads as (

    select * from {{ ref('stg_ingestion__loads') }}

)

select
    dataset,
    count(case when status = 'loaded' then 1 end) as answers_loaded,
    count(case when status <> 'loaded' then 1 end) as answers_not_loaded,
    max(case when status = 'loaded' then fetched_at_utc end) as newest_answer_utc,
    max(case when rows_new > 0 then fetched_at_utc end) as newest_change_utc,
    coalesce(max(case when is_simulated then 1 end), 0) = 1 as is_simulated
from loads
group by dataset
