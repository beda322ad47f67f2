"""Which classes the five procedural sets have, in label order: the first half is the base half."""

from rada.world import glyphs, shapes


def _words(text: str) -> list[str]:
    return text.split()


# blueprints: things and figures, mixed
DRAWINGS = _words(
    "house moon key triangle gear heart cup arrow ladder ring flag diamond "
    "star bottle circle bell cross umbrella hexagon boat drop hammer square crown"
)

# fabrics
CLOTHS = _words(
    "wavy dotted brick starry swirled checkered hatched blotchy ringed "
    "striped scaly plaid radial speckled zigzag woven marbled grid"
)

# tints: (colour, shape), warm colours before cool ones
TINTS = [
    (colour, shape)
    for colour in _words("red orange yellow pink brown maroon green blue cyan purple navy teal")
    for shape in ("circle", "star")
]

# herds: (count, thing), two and four before three and five
HERDS = [
    (count, thing)
    for count in (2, 4, 3, 5)
    for thing in _words("fish bird rabbit butterfly mushroom flower")
]

# heatmaps: ten that live before ten that do not
LIVING = _words("cat tree bird leaf rabbit flower fish mushroom snake butterfly")
LIFELESS = _words("house cup key boat bottle bell hammer crown umbrella gear")

CLASSNAMES = {
    "blueprints": DRAWINGS,
    "fabrics": [f"{name} texture" for name in CLOTHS],
    "tints": [f"{colour} {shape}" for colour, shape in TINTS],
    "herds": [f"herd of {glyphs.WORDS[n]} {shapes.PLURALS[thing]}" for n, thing in HERDS],
    "heatmaps": LIVING + LIFELESS,
}
