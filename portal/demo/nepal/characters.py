# ruff: noqa: E501  # one employer a line: a table reads better than a list
"""
The employers of the Himal fund: each has a character, so that every page has something to show.

They do not exist.  Names of people are common Nepali ones, drawn by a seeded lot.
"""

from __future__ import annotations

from portal.demo.story import Character, Late, OnTime

#: Basic pay in rupees a month, from the lowest to the highest.
CHARACTERS = (
    Character("marsyangdi-hydro", "Upper Marsyangdi Hydropower Limited", "Marsyangdi Hydropower", "public_company", "D", "NP-P4-02", 180, 16500, 145000, turnover=2, women=18),
    Character("gandaki-carpets", "Gandaki Carpet Industries Private Limited", "Gandaki Carpets", "company", "C", "NP-P4-04", 75, 12170, 42000, pays=(None, Late, 12, 33), women=68),
    Character("koshi-transport", "Koshi Transport Private Limited", "Koshi Transport", "company", "H", "NP-P1-05", 40, 13500, 48000, pays=(None, None, None, None, None, None, None, 18, OnTime), women=8),
    Character("kantipur-kitchens", "Kantipur Kitchens Private Limited", "Kantipur Kitchens", "company", "I", "NP-P3-01", 16, 12170, 30000, declares=False, pays=(None,)),
    Character("everest-noodles", "Everest Noodles Private Limited", "Everest Noodles", "company", "C", "NP-P1-06", 90, 12170, 68000, women=45),
    Character("saraswati-school", "Saraswati Secondary School", "Saraswati School", "society", "P", "NP-P3-10", 35, 14000, 52000, months=12, women=60),
    Character("lumbini-hospital", "Lumbini Community Hospital", "Lumbini Hospital", "society", "Q", "NP-P5-01", 58, 15000, 120000, pays=(OnTime, 1, OnTime), women=66),
    Character("annapurna-treks", "Annapurna Treks and Expeditions Private Limited", "Annapurna Treks", "company", "N", "NP-P4-04", 22, 13000, 60000, months=11, closed_months=frozenset({3, 4}), women=25),
    Character("ilam-tea", "Ilam Tea Growers Cooperative", "Ilam Tea", "cooperative", "A", "NP-P1-03", 45, 12170, 28000, pays=(OnTime, 5), share=70, months=11, women=62),
    Character("patan-software", "Patan Software Private Limited", "Patan Software", "company", "J", "NP-P3-02", 24, 28000, 160000, pays=(-9,), turnover=1, women=35),
    Character("bhaktapur-pottery", "Sushila Prajapati", "Bhaktapur Pottery", "sole_trader", "C", "NP-P3-03", 8, 12170, 24000, rounds_up_to=1000, months=9, bounces=4, women=50),
    Character("new-road-traders", "New Road Traders Private Limited", "New Road Traders", "company", "G", "NP-P3-01", 12, 12170, 38000, months=2, women=40),
)  # fmt: skip

SURNAMES = (
    "Shrestha", "Gurung", "Tamang", "Magar", "Rai", "Limbu", "Sherpa", "Thapa", "Karki", "Basnet", "Adhikari", "Sharma",
    "Poudel", "Khadka", "Bhandari", "Maharjan", "Chaudhary", "Tharu", "Yadav", "Mahato", "Bishwakarma", "Pariyar", "Nepali",
    "Ghimire", "Acharya", "Rana", "Pun", "Lama", "Dahal", "Joshi",
)  # fmt: skip
WOMEN = (
    "Sita", "Gita", "Laxmi", "Saraswati", "Sunita", "Anita", "Kamala", "Bimala", "Sarita", "Mina", "Pabitra", "Rekha",
    "Manju", "Radha", "Sabina", "Pratima", "Dolma", "Maya", "Nirmala", "Kalpana",
)  # fmt: skip
MEN = (
    "Ram", "Hari", "Krishna", "Bishnu", "Gopal", "Ramesh", "Suresh", "Rajesh", "Prakash", "Dipak", "Bikash", "Santosh",
    "Nabin", "Pasang", "Dorje", "Mohan", "Kumar", "Arjun", "Bhim", "Tek",
)  # fmt: skip
