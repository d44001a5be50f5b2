"""What each trade builds, asks, submits, brings and does, in words a site would use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade and its vocabulary.

    `sections` are MasterFormat numbers with their titles, `asks` are subject, question and answer of RFIs.
    """

    name: str
    ending: str
    cost_code: str
    uom: str
    rate: int
    discipline: str
    sections: tuple[tuple[str, str], ...]
    asks: tuple[tuple[str, str, str], ...]
    work: tuple[str, ...]
    materials: tuple[str, ...]
    equipment: tuple[str, ...]


CONCRETE = Trade(
    "Concrete",
    "Concrete",
    "03-300",
    "cy",
    68,
    "Structural",
    (
        ("03 11 00", "Concrete Forming"),
        ("03 20 00", "Concrete Reinforcing"),
        ("03 30 00", "Cast-in-Place Concrete"),
        ("03 35 00", "Concrete Finishing"),
    ),
    (
        (
            "Footing elevation conflict",
            "The footing schedule shows top of footing at -4'-0\" while the section shows -3'-4\". Which?",
            "Use the section. Top of footing is -3'-4\"; the schedule will be corrected.",
        ),
        (
            "Rebar lap splice at grade beam",
            "No lap length is given for the #7 bars at the grade beam. Please confirm class B.",
            "Class B laps are confirmed.",
        ),
        (
            "Slab depression at restrooms",
            'The thickset tile needs a 2" depression that the slab plan does not show. Confirm extents.',
            'Depress the slab 2" inside the walls as sketched.',
        ),
    ),
    (
        "Formed and tied grade beams",
        "Placed slab on grade",
        "Stripped forms and patched",
        "Cured and saw-cut slab",
    ),
    ("Ready-mix 4000 psi", "#5 rebar, 20 ft", "Form release agent"),
    ("Boom pump", "Laser screed", "Ride-on trowel"),
)
MASONRY = Trade(
    "Masonry",
    "Masonry",
    "04-200",
    "sf",
    64,
    "Architectural",
    (("04 20 00", "Unit Masonry"), ("04 43 00", "Stone Masonry"), ("04 05 23", "Masonry Accessories")),
    (
        (
            "Control joints in CMU",
            "Elevations show control joints at 32'-0\"; the specification says 24'-0\". Please advise.",
            "Follow the specification, 24'-0\" maximum.",
        ),
        (
            "Brick ledge elevation",
            'The brick ledge is one course too low to meet the sill. May we raise it 2-2/3"?',
            "Raising the ledge one course is acceptable.",
        ),
    ),
    ("Laid CMU to bond beam", "Installed veneer ties", "Grouted cells", "Washed down brick"),
    ("8 in. CMU", "Type S mortar", "Face brick, blend 3"),
    ("Telehandler", "Mast climber", "Mortar mixer"),
)
STEEL = Trade(
    "Structural Steel",
    "Steel Erectors",
    "05-120",
    "tons",
    79,
    "Structural",
    (
        ("05 12 00", "Structural Steel Framing"),
        ("05 21 00", "Steel Joist Framing"),
        ("05 31 00", "Steel Decking"),
        ("05 50 00", "Metal Fabrications"),
    ),
    (
        (
            "Beam connection at moment frame",
            "Shear tab bolt count differs between the plan note and the typical detail. Which is correct?",
            'Six 7/8" A325 bolts as in the typical detail.',
        ),
        (
            "Deck opening reinforcement",
            "The mechanical shaft cuts two joists. Provide framing around the opening.",
            "Frame with W8x18 headers on all four sides.",
        ),
    ),
    ("Erected columns", "Bolted up bay", "Laid roof deck", "Welded stair stringers"),
    ("W14x30 beams", "3 in. composite deck", "Shear studs"),
    ("80 ton crane", "Welder, 300 A", "Boom lift 60 ft"),
)
CARPENTRY = Trade(
    "Carpentry",
    "Millwork",
    "06-400",
    "lf",
    58,
    "Architectural",
    (("06 10 00", "Rough Carpentry"), ("06 41 00", "Architectural Wood Casework"), ("06 16 00", "Sheathing")),
    (
        (
            "Casework blocking height",
            'Blocking is shown at 34" but the casework hangs at 36". Confirm before we close the wall.',
            'Hold 36" to the top of blocking.',
        ),
        (
            "Veneer species at reception",
            "White oak is noted on the finish plan, walnut in the elevation. Which one?",
            "Rift-cut white oak.",
        ),
    ),
    ("Installed blocking", "Hung uppers", "Set reception desk"),
    ("Fire-treated 2x6", "Plastic laminate panels", "Solid surface tops"),
    ("Panel saw", "Scissor lift"),
)
ROOFING = Trade(
    "Roofing",
    "Roofing & Waterproofing",
    "07-500",
    "sq",
    61,
    "Architectural",
    (
        ("07 21 00", "Thermal Insulation"),
        ("07 54 00", "Thermoplastic Membrane Roofing"),
        ("07 62 00", "Sheet Metal Flashing"),
        ("07 92 00", "Joint Sealants"),
    ),
    (
        (
            "Parapet flashing height",
            'Parapet is 8" above the deck; the warranty needs 8" above the insulation. Please advise.',
            'Add a nailer course so that 8" is kept above the membrane.',
        ),
        (
            "Roof drain overflow location",
            "The overflow drain clashes with the joist seat at the low point.",
            'Move the overflow 14" along the valley.',
        ),
    ),
    ("Installed tapered insulation", "Welded membrane seams", "Flashed curbs"),
    ("60 mil TPO", "Polyiso 2.6 in.", "Coping, kynar"),
    ("Hot-air welder", "Roof hoist"),
)
OPENINGS = Trade(
    "Doors and Glazing",
    "Glass & Door",
    "08-400",
    "ea",
    66,
    "Architectural",
    (
        ("08 11 13", "Hollow Metal Doors and Frames"),
        ("08 41 13", "Aluminum-Framed Entrances and Storefronts"),
        ("08 71 00", "Door Hardware"),
        ("08 80 00", "Glazing"),
    ),
    (
        (
            "Door hardware set missing",
            "Door 114B refers to hardware set 22, which is not in the specification.",
            "Use set 17 with card reader prep.",
        ),
        (
            "Storefront sill condition",
            "The sill flashing detail at the storefront has no end dam. Is one required?",
            "Yes, provide end dams at both jambs.",
        ),
    ),
    ("Set frames", "Glazed storefront", "Installed hardware", "Water-tested curtain wall"),
    ("HM frames", "1 in. insulated glass", "Mortise locksets"),
    ("Glass cups", "Spider crane"),
)
FINISHES = Trade(
    "Drywall and Finishes",
    "Interiors",
    "09-200",
    "sf",
    55,
    "Interiors",
    (
        ("09 22 16", "Non-Structural Metal Framing"),
        ("09 29 00", "Gypsum Board"),
        ("09 30 00", "Tiling"),
        ("09 51 00", "Acoustical Ceilings"),
        ("09 91 00", "Painting"),
    ),
    (
        (
            "Ceiling height at corridor",
            "Ductwork leaves 8'-6\" clear where the reflected ceiling plan calls for 9'-0\". Please advise.",
            "Lower the corridor ceiling to 8'-6\" between the grids noted.",
        ),
        (
            "Rated wall termination",
            "Does the one-hour wall stop at the ceiling or run to the deck?",
            "It runs to the deck, with a deflection track.",
        ),
        (
            "Tile pattern start point",
            "No start point is shown for the 12x24 porcelain.",
            "Start full tiles at the entry centreline.",
        ),
    ),
    ("Framed partitions", "Hung board", "Taped and floated", "Installed grid", "First coat of paint"),
    ("5/8 in. type X board", "3-5/8 in. studs", "12x24 porcelain tile"),
    ("Scissor lift", "Spray rig"),
)
PLUMBING = Trade(
    "Plumbing",
    "Plumbing",
    "22-100",
    "ea",
    74,
    "Plumbing",
    (
        ("22 11 16", "Domestic Water Piping"),
        ("22 13 16", "Sanitary Waste and Vent Piping"),
        ("22 40 00", "Plumbing Fixtures"),
    ),
    (
        (
            "Sanitary invert conflict",
            'The 6" sanitary line crosses the storm line at the same invert.',
            'Drop the sanitary to 1/8" per foot from the manhole.',
        ),
        (
            "Floor drain in electrical room",
            "A floor drain is shown inside the electrical room. Shall it be omitted?",
            "Omit it and cap below the slab.",
        ),
    ),
    ("Roughed in underground", "Tested waste stack", "Set fixtures"),
    ("4 in. cast iron", "1 in. type L copper", "Wall-hung closets"),
    ("Trencher", "Pipe threader"),
)
HVAC = Trade(
    "HVAC",
    "Mechanical",
    "23-300",
    "lb",
    77,
    "Mechanical",
    (
        ("23 05 93", "Testing, Adjusting, and Balancing"),
        ("23 31 00", "HVAC Ducts and Casings"),
        ("23 74 00", "Packaged Outdoor HVAC Equipment"),
        ("23 81 26", "Split-System Air-Conditioners"),
    ),
    (
        (
            "Duct and beam clash",
            "The 28x14 supply duct passes through the W18 beam. May it be changed to 36x10?",
            "36x10 is acceptable; keep the insulation.",
        ),
        (
            "RTU curb size",
            'The unit submitted needs a curb 4" longer than framed.',
            "Use an adapter curb.",
        ),
        (
            "Thermostat locations",
            "Thermostats are not shown in the open office.",
            "See the attached sketch.",
        ),
    ),
    ("Hung main duct", "Set rooftop units", "Insulated branch lines", "Started balancing"),
    ("Spiral duct", "RTU, 15 ton", "Flexible connectors"),
    ("Duct lift", "90 ton crane"),
)
ELECTRICAL = Trade(
    "Electrical",
    "Electric",
    "26-200",
    "ea",
    76,
    "Electrical",
    (
        ("26 05 19", "Low-Voltage Electrical Power Conductors and Cables"),
        ("26 24 16", "Panelboards"),
        ("26 51 00", "Interior Lighting"),
        ("28 31 00", "Fire Detection and Alarm"),
    ),
    (
        (
            "Panel schedule load mismatch",
            "Panel LP-2A adds up to 212 A on a 200 A bus.",
            "Move circuits 31 to 36 to LP-2B.",
        ),
        (
            "Floor box locations",
            "Floor boxes on the power plan do not meet the furniture plan.",
            "Follow the furniture plan.",
        ),
        (
            "Generator pad dimensions",
            'The pad is 6" short of the generator submitted. Confirm before we pour.',
            "Enlarge the pad to 14'-6\".",
        ),
    ),
    (
        "Pulled feeders",
        "Set switchgear",
        "Roughed in branch circuits",
        "Trimmed out devices",
        "Megger-tested feeders",
    ),
    ("500 kcmil copper", "LED 2x4 troffers", "EMT 3/4 in."),
    ("Cable tugger", "Scissor lift"),
)
EARTHWORK = Trade(
    "Earthwork",
    "Excavating",
    "31-200",
    "cy",
    63,
    "Civil",
    (
        ("31 10 00", "Site Clearing"),
        ("31 20 00", "Earth Moving"),
        ("32 12 16", "Asphalt Paving"),
        ("33 40 00", "Stormwater Utilities"),
    ),
    (
        (
            "Unsuitable soil at pad",
            "Soft clay was met 3'-0\" below the pad. How deep shall we undercut?",
            "Undercut 2'-0\" and replace with select fill; the geotechnical engineer will observe.",
        ),
        (
            "Storm structure rim elevation",
            "The rim of the storm inlet is 0.7 ft above the paving grade.",
            "Set the rim to the paving grade.",
        ),
    ),
    ("Cut and filled pad", "Installed storm line", "Proof-rolled subgrade", "Placed base course"),
    ("Select fill", "24 in. RCP", "Flex base"),
    ("D6 dozer", "Excavator 336", "Smooth drum roller"),
)
FIRE = Trade(
    "Fire Protection",
    "Fire Protection",
    "21-100",
    "ea",
    72,
    "Fire Protection",
    (("21 13 13", "Wet-Pipe Sprinkler Systems"), ("21 30 00", "Fire Pumps")),
    (
        (
            "Sprinkler head spacing",
            "Heads at the cloud ceiling exceed 15'-0\". Add heads or move the clouds?",
            "Add two heads at the clouds.",
        ),
        (
            "Fire pump test header",
            "Where shall the test header discharge?",
            "On the north wall, above the splash block.",
        ),
    ),
    ("Hung mains", "Trimmed heads", "Hydro-tested zone"),
    ("Schedule 10 pipe", "Concealed heads"),
    ("Scissor lift", "Grooving machine"),
)

TRADES: tuple[Trade, ...] = (
    CONCRETE,
    ELECTRICAL,
    HVAC,
    FINISHES,
    STEEL,
    PLUMBING,
    EARTHWORK,
    ROOFING,
    OPENINGS,
    MASONRY,
    CARPENTRY,
    FIRE,
)

DIVISIONS = {
    "03": "Concrete",
    "04": "Masonry",
    "05": "Metals",
    "06": "Wood, Plastics, and Composites",
    "07": "Thermal and Moisture Protection",
    "08": "Openings",
    "09": "Finishes",
    "21": "Fire Suppression",
    "22": "Plumbing",
    "23": "Heating, Ventilating, and Air Conditioning",
    "26": "Electrical",
    "28": "Electronic Safety and Security",
    "31": "Earthwork",
    "32": "Exterior Improvements",
    "33": "Utilities",
}
