"""Links from the comparison page to the images behind what it shows."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from dashboards.tables.runs import cell_names
from results import Study
from search_spaces import Claim


def claim_links(study: Study, claims: Iterable[Claim]) -> dict[str, str]:
    """The address of the two cells that each claim was drawn from, side by side, by its name.

    Claims of which a cell is not recorded, or that name no cell, are left out.
    """
    recorded = set(cell_names(study))
    links: dict[str, str] = {}
    for claim in claims:
        sides = [
            {**claim.scope, **claim.recorded.context, claim.factor: level}
            for level in (claim.better, claim.worse)
        ]
        if any(factor not in side for side in sides for factor in study.varied):
            continue
        cells = [" · ".join(str(side[factor]) for factor in study.varied) for side in sides]
        if recorded.issuperset(cells):
            link = {"cell": cells[0], "compare": cells[1]}
            links[claim.name] = f"confusion.html#{urlencode(link, quote_via=quote)}"
    return links
