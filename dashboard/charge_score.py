"""How good our advice was, at the end of the page Charge: as it was given, and what it came to."""

import streamlit as st

from dashboard import charge_score_charts as charts
from dashboard import charge_score_words as words
from dashboard import panel, text
from dashboard.connection import Row
from dashboard.marts import charge_score as marts


def show(region_code: str | None) -> None:
    """Of a region's prices, or of those whose region is not told; and of the national carbon forecast."""
    st.subheader("How good our advice was", anchor=False)
    evenings = words.in_order(marts.evenings(region_code or ""))
    if not evenings:
        st.caption(
            "No advice has been written down here yet. It is, each evening at 18:00, for three loads, and scored when "
            "the night has gone by; `energy-monitor advise` does it by hand."
        )
        return
    st.caption(
        text.plain(
            "Each evening at 18:00 we write down what we advise for three loads until 07:00, and never change it. "
            "Afterwards it is held against charging at once from 18:00, and against the best that could have been done."
        )
    )
    _last(evenings, region_code or "")
    _chart(evenings)
    _totals(words.in_order(marts.totals(region_code or "")))


def _last(evenings: list[Row], region_code: str) -> None:
    """The newest evening as advised, and the newest one that is judged where that is another."""
    newest = [row for row in evenings if row["settlement_date"] == evenings[0]["settlement_date"]]
    judged = next((row["settlement_date"] for row in evenings if row["state"] == "scored"), None)
    _evening("The last evening", newest, region_code)
    if judged is not None and judged != newest[0]["settlement_date"]:
        _evening("The last one that is judged", [r for r in evenings if r["settlement_date"] == judged], region_code)


def _evening(title: str, advice: list[Row], region_code: str) -> None:
    pieces = marts.pieces(advice[0]["settlement_date"], region_code)
    st.markdown(f"**{title}:** {text.plain(words.night(advice[0]))}")
    with st.container(key=f"score-{advice[0]['settlement_date']}"):
        for row in advice:
            own = [
                piece
                for piece in pieces
                if (piece["load_id"], piece["objective"], piece["region_code"])
                == (row["load_id"], row["objective"], row["region_code"])
            ]
            name = f"{words.OBJECTIVES[row['objective']]}: {words.LENGTHS[row['load_id']]}"
            said = f"{words.when(own)}. {words.how_it_did(row)}"
            st.markdown(f"- {text.plain(name)} {words.BADGES[row['given']]}  \n  {text.plain(said)}")


def _chart(evenings: list[Row]) -> None:
    found = dict.fromkeys((row["objective"], row["load_id"]) for row in evenings)
    labels = {f"{words.OBJECTIVES[objective]}: {words.LOADS[load]}": (objective, load) for objective, load in found}
    chosen = st.selectbox("Saved on the last evenings", list(labels), key="score", bind="query-params", width=420)
    objective, load = labels.get(chosen) or next(iter(found))
    rows = [row for row in reversed(evenings) if (row["objective"], row["load_id"]) == (objective, load)]
    scored = [row for row in rows if row["state"] == "scored"]
    number = words.NUMBERS[objective]
    saved = sum(row[f"saving_{number}"] for row in scored)
    said = (
        f"{words.OBJECTIVES[objective]} advice for {words.LENGTHS[load]}: over {len(scored)} judged of {len(rows)} "
        f"evenings it saved {words.amount(objective, saved)} against charging at once."
    )
    panel.show(panel.Figure("score", charts.evenings(rows, said), rows, f"energy-monitor_advice_{objective}_{load}"))
    for remark in words.remarks(rows):
        st.caption(text.plain(remark))


def _totals(totals: list[Row]) -> None:
    st.markdown(f"**Since {text.plain(words.since(totals))}**")
    with st.container(key="score-totals"):
        st.markdown("\n".join(f"- {text.plain(words.in_all(row))} {words.BADGES[row['given']]}" for row in totals))
    panel.downloads(totals, "energy-monitor_advice_totals", "score-totals")
    for given in dict.fromkeys(row["given"] for row in totals if row["given"] != "live"):
        st.caption(text.plain(text.sentence(words.GIVEN[given])) + ".")
    st.caption(
        "Prices are Agile's with VAT; carbon is national. The loads: 30 kWh into a campervan's battery at 7.4 kW with "
        "a tenth lost, which may pause; 20 kWh into a car's in one go; a dishwasher of 1.1 kWh."
    )
