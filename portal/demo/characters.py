# ruff: noqa: E501  # one employer a line: a table reads better than a list
"""
The employers of the Zambezi fund: each has a character, so that every page has something to show.

They do not exist.  Names of people are common Zambian ones, drawn by a seeded lot.
"""

from __future__ import annotations

from portal.demo.story import Character, Late, OnTime

#: Wages in kwacha a month, from the lowest to the highest.
CHARACTERS = (
    Character("kafue-mining", "Kafue Mining Limited", "Kafue Mining", "company", "B", "ZM-09-04", 300, 4200, 41000, turnover=3),
    Character("chilenje-school", "Chilenje Hill School Limited", "Chilenje Hill School", "company", "P", "ZM-09-01", 25, 3100, 14500, months=12),
    Character("luangwa-lodges", "Luangwa Lodges Limited", "Luangwa Lodges", "company", "I", "ZM-09-05", 30, 2400, 12500, pays=(None, Late, 12, 33)),
    Character("mosi-transport", "Mosi Transport Limited", "Mosi Transport", "company", "H", "ZM-07-02", 40, 2900, 16800, pays=(None, None, None, None, None, None, None, 18, OnTime)),
    Character("copperbelt-bakery", "Copperbelt Bakery and Milling", "Copperbelt Bakery", "partnership", "C", "ZM-08-02", 18, 2200, 7800, declares=False, pays=(None,)),
    Character("zambezi-foods", "Zambezi Foods Limited", "Zambezi Foods", "company", "C", "ZM-09-01", 45, 2600, 18900),
    Character("kabwe-pharmacy", "Mwila Mulenga", "Kabwe Family Pharmacy", "sole_trader", "G", "ZM-02-01", 8, 2800, 9500, rounds_up_to=1000, months=9),
    Character("kitwe-engineering", "Kitwe Engineering Services Limited", "Kitwe Engineering", "company", "F", "ZM-08-02", 60, 3600, 38500, pays=(OnTime, 1, OnTime)),
    Character("chipata-cotton", "Chipata Cotton Growers Cooperative", "Chipata Cotton", "cooperative", "A", "ZM-03-01", 37, 1900, 8200, pays=(OnTime, 5), share=70, months=11),
    Character("livingstone-security", "Livingstone Security Guards Limited", "Livingstone Security", "company", "N", "ZM-07-02", 15, 2300, 5200, months=3, pays=(OnTime,)),
    Character("mansa-clinic", "Mansa Community Clinic", "Mansa Clinic", "society", "Q", "ZM-04-01", 12, 2700, 13800, months=8, schemes=("zm-nhima",)),
    Character("ndola-print", "Ndola Print Works Limited", "Ndola Print", "company", "C", "ZM-08-01", 10, 2600, 8800, months=11, closed_months=frozenset({7, 8})),
)  # fmt: skip

SURNAMES = (
    "Banda", "Phiri", "Mwansa", "Tembo", "Zulu", "Mulenga", "Sakala", "Lungu", "Daka", "Mumba", "Chanda", "Bwalya",
    "Musonda", "Kaunda", "Mwale", "Ngoma", "Simukonda", "Chileshe", "Kapata", "Njovu", "Moyo", "Hamoonga", "Siame",
    "Kabwe", "Nyirenda", "Chola", "Mutale", "Kunda", "Lubinda", "Sinkala",
)  # fmt: skip
WOMEN = (
    "Chipo", "Mutinta", "Grace", "Ruth", "Esther", "Bwalya", "Thandiwe", "Mwaka", "Luyando", "Natasha", "Mary",
    "Agnes", "Kunda", "Precious", "Loveness", "Monde", "Beatrice", "Chilufya", "Namukolo", "Joyce",
)  # fmt: skip
MEN = (
    "Chanda", "Joseph", "Brian", "Peter", "Charles", "Daniel", "Mwila", "Kelvin", "Emmanuel", "Musonda", "Moses",
    "Gift", "Kennedy", "Patrick", "Mabvuto", "Lubasi", "Kondwani", "Isaac", "Victor", "Davies",
)  # fmt: skip
