with loads as (

    select * from {{ ref('stg_ingestion__loads') }}

)

select
    dataset,
    count(*) as answers,
    max(fetched_at_utc) as newest_answer_utc,
    coalesce(max(case when is_simulated then 1 end), 0) = 1 as is_simulated
from loads
where status = 'loaded'
group by dataset
