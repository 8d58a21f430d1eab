with versions as (

    {{ versions_of(source('raw', 'octopus_standing_charges'), key=['tariff_code', 'valid_from', 'payment_method']) }}

),

renamed as (

    select
        ---------- ids
        tariff_code,
        valid_from as valid_from_utc,
        payment_method,

        ---------- numerics
        value_exc_vat as charge_exc_vat_p_per_day,
        value_inc_vat as charge_inc_vat_p_per_day,

        ---------- timestamps
        valid_to as valid_to_utc,

        ---------- versions
        known_from_utc,
        known_to_utc,
        known_to_utc is null as is_newest,
        absent_from_utc,
        fetched_at as fetched_at_utc,
        lake_key
    from versions

)

select * from renamed
