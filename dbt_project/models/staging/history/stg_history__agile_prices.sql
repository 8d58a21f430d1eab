with versions as (

    {{ versions_of(source('raw', 'history_agile'), key=['local_date', '"Period from"', 'occurrence']) }}

),

-- Of 31/10/2022 01:30 the time of day says which half-hour of the clock it is, counted from 0.
on_the_clock as (

    select
        versions.*,
        2 * cast(substring(versions."Period from", 12, 2) as integer)
        + {{ whole_quotient('cast(substring(versions."Period from", 15, 2) as integer)', 30) }} as half_hour_of_clock,
        {{ periods_in('local_date') }} as periods_in_day
    from versions

),

-- The clocks change at 01:00 UTC: half-hours 2 and 3 of the clock are left out in March and come twice in October, when
-- nothing in the text says which of the two is meant. A half-hour that such a day, or the clock, does not have is none.
numbered as (

    select
        on_the_clock.*,
        case
            when on_the_clock.half_hour_of_clock < 2 then on_the_clock.half_hour_of_clock + 1
            when
                on_the_clock.periods_in_day = 48 or on_the_clock.half_hour_of_clock > 3
                then on_the_clock.half_hour_of_clock + 1 + on_the_clock.periods_in_day - 48
        end as settlement_period
    from on_the_clock

),

renamed as (

    select
        ---------- ids
        local_date as settlement_date,
        settlement_period,
        {{ period_start_utc('local_date', 'settlement_period') }} as period_start_utc,
        "Period from" as sent_period_start_local,
        cast(occurrence as integer) as occurrence,

        ---------- numerics
        "Agile Import price (p/kWh)" as import_price_p_per_kwh,
        "Agile Export price (p/kWh)" as export_price_p_per_kwh,

        ---------- as sent by the source
        "Period to" as sent_period_end_local,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        absent_from_utc,
        fetched_at as fetched_at_utc,
        lake_key
    from numbered

)

select * from renamed
