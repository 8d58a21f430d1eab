-- Of an evening's advice the first that was given holds: whatever is given later, with other data, changes nothing.
with first_given as (

    select
        advice.*,
        row_number() over (
            partition by advice.evening, advice.load, advice.objective, advice.region_code
            order by advice.fetched_at, advice.lake_key
        ) as place
    from {{ source('raw', 'advice') }} as advice
    where not advice.is_absent

),

renamed as (

    select
        ---------- ids
        evening,
        load as load_id,
        objective,
        nullif(region_code, '') as region_code,
        tariff_code,
        cast(evening as {{ text_type() }}) || '/' || load || '/' || objective || '/' || region_code as advice_id,
        case when price_basis = 'agile_history' then 'history' else coalesce(tariff_code, 'none') end as price_series,

        ---------- what was asked for
        energy_kwh,
        efficiency,
        power_kw,
        in_one_go as is_in_one_go,
        profile,
        earliest_utc,
        deadline_utc,

        ---------- what was known
        asked_at_utc,
        price_basis,
        carbon_basis,
        prices_known_until_utc,
        carbon_known_until_utc,

        ---------- what was said
        pieces,
        shortfall_kwh,
        expected_cost_p,
        expected_carbon_g,
        given,
        given_at_utc,

        ---------- versions
        fetched_at as fetched_at_utc,
        lake_key
    from first_given
    where place = 1

)

select * from renamed
