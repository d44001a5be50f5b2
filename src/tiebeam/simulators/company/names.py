"""Made-up names of people, firms and places."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


FIRST_NAMES = _several(
    "Ada|Alma|Amir|Anjali|Arturo|Beatriz|Bram|Caleb|Carmen|Cole|Dalia|Darnell|Dmitri|Elena|Emeka|Esther|"
    "Farid|Fiona|Gareth|Gloria|Hana|Hector|Ines|Isaac|Jada|Javier|Joanna|Kaito|Karim|Kezia|Lars|Latoya|"
    "Leo|Lucía|Mabel|Marcus|Mei|Miguel|Nadia|Neil|Noor|Olive|Omar|Otis|Paloma|Petra|Quentin|Rafael|Renée|"
    "Rosa|Ruben|Sana|Selma|Siobhán|Stefan|Tamsin|Teo|Tobias|Uma|Vera|Viktor|Wanda|Xiomara|Yusuf|Zoë|Zuri"
)

LAST_NAMES = _several(
    "Abara|Aldous|Ashgrove|Barlowe|Beckwith|Birchall|Brandt|Calloway|Carrasco|Chau|Coldwell|Dankworth|"
    "Delacroix|Dunmore|Eastlake|Echeverri|Fairbairn|Fennimore|Galindo|Garside|Goodspeed|Haldane|Hartigan|"
    "Holloway|Ibarra|Ingram|Jankovic|Jernigan|Kessler|Kingsley|Kovář|Lachlan|Larkspur|Lindqvist|Madrigal|"
    "Marchetti|Mbeki|Merriweather|Nakagawa|Novak|Núñez|Oakden|Okonjo|Ostrander|Pemberton|Pruitt|Quigley|"
    "Ravenscroft|Redfern|Rosales|Sandoval|Severin|Stanhope|Tanaka|Thackeray|Underhill|Valdivia|Vance|"
    "Wexford|Whitlock|Yamane|Yarrow|Zielinski|O'Dell"
)

_FIRM_HEADS = _several(
    "Amberfield|Bluestem|Brightwater|Canyonview|Cedarline|Cobblestone|Copperleaf|Crestmark|Dovetail|"
    "Driftwood|Eastbluff|Fernhollow|Firstlight|Foxglove|Granitepoint|Harborline|Highmesa|Ironwood|Juniper|"
    "Keystead|Lakemont|Larkfield|Limestone|Longmeadow|Meridian|Millrace|Northfork|Oakhurst|Palisade|"
    "Pinewatch|Prairiegate|Quarrystone|Redbank|Ridgeway|Riverbend|Saltgrass|Sandhill|Silverthorn|"
    "Stonebrook|Summitline|Tallgrass|Tidewater|Timberlake|Truenorth|Valewood|Westmark|Willowrun|Windrose"
)

STREETS = _several(
    "Alder Street|Bayberry Road|Commerce Parkway|Depot Street|Elmhurst Avenue|Foundry Lane|"
    "Garnet Boulevard|Harvest Way|Industrial Drive|Jasper Court|Kiln Road|Lockwood Avenue|"
    "Mercantile Row|Northgate Drive|Orchard Hill Road"
)

# City, state, postcode, county, zone, latitude, longitude: the cities are invented, the states are not.
PLACES = (
    ("Marlow Falls", "TX", "75999", "Alder County", "US/Central", 32.71, -97.02),
    ("Port Ellery", "FL", "33998", "Ellery County", "US/Eastern", 26.92, -80.31),
    ("Cinder Butte", "CO", "80997", "Butte County", "US/Mountain", 39.61, -104.88),
    ("San Ysolde", "CA", "92996", "Ysolde County", "US/Pacific", 33.21, -117.14),
    ("Harrow Creek", "GA", "30995", "Harrow County", "US/Eastern", 33.88, -84.41),
    ("Kettle Lake", "MN", "55994", "Kettle County", "US/Central", 44.93, -93.27),
    ("Vermilion Bend", "LA", "70993", "Vermil Parish", "US/Central", 30.19, -91.98),
    ("Foxhollow", "OR", "97992", "Hollow County", "US/Pacific", 45.42, -122.71),
)

_BUILDINGS = _several(
    "Elementary School|Medical Office Building|Distribution Center|Fire Station No. 4|Senior Living|"
    "Water Treatment Plant|Parking Garage|Community Recreation Center|Data Hall|Mixed Use|"
    "University Science Hall|Hotel & Conference Center|Courthouse Annex|Transit Hub|"
    "Library Renovation|Surgery Center"
)
_OWNERS = _several(
    "Independent School District|Health System|Development Partners|County Public Works|Holdings|University"
)


def person_name(rng: Random) -> tuple[str, str]:
    """A first and a last name."""
    return rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)


def firm_name(rng: Random, ending: str) -> str:
    """A firm such as `Cedarline Electric`."""
    return f"{rng.choice(_FIRM_HEADS)} {ending}"


def project_name(rng: Random) -> str:
    """A building such as `Redbank Surgery Center`."""
    return f"{rng.choice(_FIRM_HEADS)} {rng.choice(_BUILDINGS)}"


def owner_name(rng: Random) -> str:
    """A client such as `Oakhurst Health System`."""
    return f"{rng.choice(_FIRM_HEADS)} {rng.choice(_OWNERS)}"


def street_address(rng: Random) -> str:
    """A number and a street."""
    return f"{rng.randint(100, 9899)} {rng.choice(STREETS)}"


def phone(rng: Random) -> str:
    """A telephone number out of the range kept for fiction."""
    return f"({rng.randint(201, 989)}) 555-{rng.randint(100, 199):04d}"


def login(first: str, last: str, domain: str, number: int) -> str:
    """An address under a reserved domain; the number keeps it unique."""
    plain = "".join(
        letter
        for letter in f"{first}.{last}".lower()
        if letter.isascii() and (letter.isalpha() or letter == ".")
    )
    return f"{plain}{number}@{domain}.example.com"
