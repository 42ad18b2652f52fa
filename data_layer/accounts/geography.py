"""Singapore's regions, planning areas and dwelling types: words of the demo and of forms.

Source: Urban Redevelopment Authority, Master Plan 2019 (5 regions, 55 planning areas); the
dwelling types are those of the Energy Market Authority's household statistics. A home elsewhere
writes its own words: nothing here is required of an account.
"""

from __future__ import annotations

from collections.abc import Mapping

PLANNING_AREAS: Mapping[str, tuple[str, ...]] = {
    "Central": (
        "Bishan",
        "Bukit Merah",
        "Bukit Timah",
        "Downtown Core",
        "Geylang",
        "Kallang",
        "Marina East",
        "Marina South",
        "Marine Parade",
        "Museum",
        "Newton",
        "Novena",
        "Orchard",
        "Outram",
        "Queenstown",
        "River Valley",
        "Rochor",
        "Singapore River",
        "Southern Islands",
        "Straits View",
        "Tanglin",
        "Toa Payoh",
    ),
    "East": ("Bedok", "Changi", "Changi Bay", "Pasir Ris", "Paya Lebar", "Tampines"),
    "North": (
        "Central Water Catchment",
        "Lim Chu Kang",
        "Mandai",
        "Sembawang",
        "Simpang",
        "Sungei Kadut",
        "Woodlands",
        "Yishun",
    ),
    "North East": (
        "Ang Mo Kio",
        "Hougang",
        "North-Eastern Islands",
        "Punggol",
        "Seletar",
        "Sengkang",
        "Serangoon",
    ),
    "West": (
        "Boon Lay",
        "Bukit Batok",
        "Bukit Panjang",
        "Choa Chu Kang",
        "Clementi",
        "Jurong East",
        "Jurong West",
        "Pioneer",
        "Tengah",
        "Tuas",
        "Western Islands",
        "Western Water Catchment",
    ),
}
"""Planning areas of each region, both in alphabetical order."""

REGIONS: tuple[str, ...] = tuple(PLANNING_AREAS)

DWELLING_TYPES: tuple[str, ...] = (
    "1-room / 2-room",
    "3-room",
    "4-room",
    "5-room and Executive",
    "Private Apartments and Condominiums",
    "Landed Properties",
)
"""From the smallest to the largest, the order in which forms and charts show them."""
