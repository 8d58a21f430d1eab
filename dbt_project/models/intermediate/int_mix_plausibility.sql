-- Values that came as zeros make a whole mix too small, and nothing in any one fuel says so. Its sum does, against
-- national demand and against the half-hours beside it.
with bounds as (

    {{ plausible_bounds([
        'transmission_supply_mw', 'supply_above_demand_mw', 'supply_to_lower_neighbour', 'supply_to_higher_neighbour'
    ]) }}

),

supplies as (

    select
        grid.period_start_utc,
        grid.transmission_supply_mw,
        {{ is_implausible('transmission_supply_mw', 'grid.transmission_supply_mw') }}
        or coalesce(
            {{ counts('demand.national_demand_state') }}
            and {{ is_implausible(
                'supply_above_demand_mw', '(grid.transmission_supply_mw - demand.national_demand_mw)'
            ) }},
            false
        ) as is_implausible
    from {{ ref('fct_grid_half_hourly') }} as grid
    left join {{ ref('fct_demand_half_hourly') }} as demand on grid.period_start_utc = demand.period_start_utc
    cross join bounds
    where grid.transmission_supply_mw is not null

),

-- a neighbour that is not plausible itself says nothing
neighbours as (

    select
        {% for place, function, minutes in [('previous', 'lag', -30), ('next', 'lead', 30)] %}
            case
                when
                    {{ function }}(period_start_utc) over (order by period_start_utc)
                    = {{ add_minutes('period_start_utc', minutes) }}
                    and not {{ function }}(is_implausible) over (order by period_start_utc)
                    then {{ function }}(transmission_supply_mw) over (order by period_start_utc)
            end as {{ place }}_supply_mw,
        {% endfor %}
        *
    from supplies

)

select
    neighbours.period_start_utc,
    neighbours.transmission_supply_mw,
    case
        when neighbours.is_implausible then false
        when {{ is_implausible(
            'supply_to_lower_neighbour',
            '(neighbours.transmission_supply_mw / least(neighbours.previous_supply_mw, neighbours.next_supply_mw))',
        ) }}
            then false
        when {{ is_implausible(
            'supply_to_higher_neighbour',
            '(neighbours.transmission_supply_mw / greatest(neighbours.previous_supply_mw, neighbours.next_supply_mw))',
        ) }}
            then false
        else true
    end as is_plausible
from neighbours
cross join bounds
