{#-
    Whether a row of fct_generation_half_hourly, with its row of dim_fuels, is of the mix: a code that nobody expects
    there, and that its source took back, is no part that is missing.
-#}
{% macro is_of_the_mix(generation='generation', fuels='fuels') -%}
    (
        coalesce({{ generation }}.state, '') <> 'withdrawn'
        or (
            {{ fuels }}.is_known
            and coalesce({{ fuels }}.regular_from_utc <= {{ generation }}.period_start_utc, true)
        )
    )
{%- endmacro %}

{#-
    The sum of a mart's generation over the fuels of a condition, in one half-hour: null where one of them is missing
    or suspect, as a sum of the others would be too small. `generation` is the alias of fct_generation_half_hourly with dim_fuels.
-#}
{% macro whole_sum(condition, value='generation.generation_mw') -%}
    case
        when
            sum(case when {{ condition }} and not {{ counts('generation.state') }} then 1 else 0 end) = 0
            then sum(case when {{ condition }} then {{ value }} end)
    end
{%- endmacro %}


{#- The Carbon Intensity API's mix, sent as a list, as one share from 0 to 1 for each of its fuels. -#}
{% macro shares_of_mix(generation_mix) -%}
    {% for fuel in ['nuclear', 'biomass', 'gas', 'coal', 'hydro', 'wind', 'solar', 'imports', 'other'] -%}
    cast({{ ratio(number_in_list(generation_mix, 'fuel', fuel, 'perc'), 100) }} as {{ real_number() }}) as {{ fuel }}_share
    {{- ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}
