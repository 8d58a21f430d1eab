"""The sources: where they are, how much may be asked of them, and what their licences ask us to say."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One source. The budget holds for one process: starts of requests per minute, and requests under way at once."""

    id: str
    title: str
    base_url: str
    probe: str  # a request that costs the source little, to see whether it answers
    requests_per_minute: float
    at_once: int
    attribution: str

    def url(self, environ: Mapping[str, str]) -> str:
        """The base URL; ENERGY_MONITOR_<SOURCE>_URL puts another in its place."""
        return (environ.get(f"ENERGY_MONITOR_{self.id.upper()}_URL") or self.base_url).rstrip("/")

    def budget_per_minute(self, environ: Mapping[str, str]) -> float:
        """Requests per minute; ENERGY_MONITOR_<SOURCE>_REQUESTS_PER_MINUTE says otherwise, for a simulator."""
        given = environ.get(f"ENERGY_MONITOR_{self.id.upper()}_REQUESTS_PER_MINUTE")
        return float(given) if given else self.requests_per_minute


SOURCES = {
    source.id: source
    for source in (
        Source(
            "elexon",
            "Elexon Insights",
            "https://data.elexon.co.uk/bmrs/api/v1",
            probe="/datasets/INDO",  # its newest half-hour
            requests_per_minute=120,  # two a second have been borne without trouble
            at_once=4,
            attribution="Contains BMRS data © Elexon Limited copyright and database right",
        ),
        Source(
            "carbon_intensity",
            "Carbon Intensity API",
            "https://api.carbonintensity.org.uk",
            probe="/intensity",
            requests_per_minute=60,
            at_once=2,
            attribution="Carbon Intensity API data, CC BY 4.0, National Energy System Operator",
        ),
        Source(
            "neso",
            "NESO Data Portal",
            "https://api.neso.energy/api/3/action",
            probe="/package_list",
            requests_per_minute=2,  # what NESO asks for
            at_once=1,
            attribution="Supported by National Energy SO Open Data, NESO Open Data Licence",
        ),
        Source(
            "octopus",
            "Octopus Energy",
            "https://api.octopus.energy/v1",
            probe="/products/?page_size=1",
            requests_per_minute=60,
            at_once=2,
            attribution="Prices of Agile: Octopus Energy",
        ),
    )
}
