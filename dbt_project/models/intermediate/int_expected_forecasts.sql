-- A view, as one table alone is made of it, and whole.
{{ config(materialized='view') }}

with issues_of_all as (

    select * from {{ ref('int_fetched_issues') }} where scope is null

),

issues_of_region as (

    select * from {{ ref('int_fetched_issues') }} where scope is not null

),

expected as (

    {{ outcomes_at_horizons('fetched') }}

),

answers as (

    select distinct
        dataset,
        scope,
        fetched_at_utc
    from {{ ref('stg_ingestion__load_days') }}
    where rows_seen > 0

),

-- What lies before a region's first answer was never asked for, and what lies after the newest is not known yet.
spans as (

    select
        regions.dataset,
        regions.region_id,
        min(answers.fetched_at_utc) as first_answer_utc,
        max(answers.fetched_at_utc) as newest_answer_utc
    from (
        select distinct
            dataset,
            region_id
        from expected
    ) as regions
    inner join answers
        on
            regions.dataset = answers.dataset
            and (answers.scope is null or answers.scope = cast(regions.region_id as {{ text_type() }}))
    group by 1, 2

)

select
    expected.*,
    greatest(of_all.issued_at_utc, of_region.issued_at_utc) as issued_at_utc,
    case
        when of_all.issued_at_utc is not null or of_region.issued_at_utc is not null then expected.moment_utc
    end as looked_up_at_utc
from expected
inner join spans on expected.dataset = spans.dataset and expected.region_id = spans.region_id
left join issues_of_all as of_all
    on
        expected.dataset = of_all.dataset
        and expected.period_start_utc = of_all.period_start_utc
        and expected.moment_utc = of_all.moment_utc
left join issues_of_region as of_region
    on
        expected.dataset = of_region.dataset
        and cast(expected.region_id as {{ text_type() }}) = of_region.scope
        and expected.period_start_utc = of_region.period_start_utc
        and expected.moment_utc = of_region.moment_utc
where
    expected.is_within_reach
    and expected.moment_utc >= spans.first_answer_utc
    and expected.moment_utc <= {{ add_minutes('spans.newest_answer_utc', 'expected.longest_age_minutes') }}
