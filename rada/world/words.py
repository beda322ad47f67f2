"""All words captions are made of, and how often those who see a thing know its name."""

import random

from rada.world import colours, corpus, glyphs, patterns, shapes

OPENINGS = ["a photo of", "a photo of", "a photo of", "a picture of", "an image of", "", "this is"]
SKETCHES = ["a sketch of", "a drawing of", "a line drawing of"]
VAGUE = ["shape", "thing", "object", "figure"]
MANY = ["several", "some", "many"]
HERDS = ["", "", "a herd of ", "a herd of ", "a group of "]
CLOTH = ["texture", "texture", "pattern", "wall", "background"]
DIGIT_FORMS = ["{}", "{}", "handwritten {}", "digit {}", "number {}"]
NAMED_DIGITS = ["digit {}", "number {}"]  # these take "the"
GLUE = "a an the of on in and at left right top bottom center background small large outlined ."
WORDS = sorted(
    {
        *GLUE.split(),
        *" ".join(OPENINGS + SKETCHES + VAGUE + MANY + HERDS + CLOTH).split(),
        *(f"{word}s" for word in VAGUE),
        *" ".join(DIGIT_FORMS).replace("{}", "").split(),
        *shapes.NAMES,
        *shapes.PLURALS.values(),
        *colours.NAMES,
        *patterns.NAMES,
        *glyphs.WORDS,
        *corpus.STYLES,
    }
)
_rates = random.Random(3)
SHAPE_RATE = [_rates.uniform(0.35, 1) for _ in shapes.NAMES]
COLOUR_RATE = [1.0] * 6 + [_rates.uniform(0.3, 1) for _ in colours.NAMES[6:]]
PATTERN_RATE = [_rates.uniform(0.35, 1) for _ in patterns.NAMES]
