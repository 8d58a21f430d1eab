"""The dashboard's entry: `python -m streamlit run dashboard/app.py`, with the environment of the role reader."""

import streamlit as st

from dashboard import controls, frame
from energy_monitor.clock import now_utc

st.set_page_config(page_title="Energy Monitor", page_icon="⚡", layout="wide")
st.html(frame.STYLE)
page = st.navigation(
    [
        st.Page("views/now.py", title="Now", url_path="now", default=True),
        st.Page("views/charge.py", title="Charge", url_path="charge"),
        st.Page("views/mix.py", title="Mix", url_path="mix"),
        st.Page("views/demand.py", title="Demand", url_path="demand"),
        st.Page("views/price.py", title="Price", url_path="price"),
        st.Page("views/carbon.py", title="Carbon", url_path="carbon"),
        st.Page("views/regions.py", title="Regions", url_path="regions"),
        st.Page("views/forecasts.py", title="Forecasts", url_path="forecasts"),
        st.Page("views/records.py", title="Records", url_path="records"),
        st.Page("views/outages.py", title="Outages", url_path="outages"),
        st.Page("views/compare.py", title="Compare", url_path="compare"),
        st.Page("views/sources.py", title="Sources", url_path="sources"),
        st.Page("views/origin.py", title="Origin", url_path="origin"),
    ],
    position="top",
)
with frame.in_words():
    frame.banner()
    controls.as_known(now_utc())
    page.run()
frame.footer()
