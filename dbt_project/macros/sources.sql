{#-
    Numbers that several datasets have. `sources` lists, the first choice first, pairs of a relation, which goes by the
    id of its dataset, and of what says that it has the number. What a source took back counts as had: the next one does
    not bring it back.
-#}

{#- The id of the dataset that a number is from; null where none has it. -#}
{% macro first_source(sources) -%}
    case
        {% for dataset, has_it in sources -%}
        when {{ has_it }} then '{{ dataset }}'
        {% endfor -%}
    end
{%- endmacro %}

{#- A column of the row that a number is from; where none has it, of the row of the first choice, if it is there. -#}
{% macro from_first_source(sources, column) -%}
    case
        {% for dataset, has_it in sources -%}
        when {{ has_it }} then {{ dataset }}.{{ column }}
        {% endfor -%}
        else {{ sources[0][0] }}.{{ column }}
    end
{%- endmacro %}
