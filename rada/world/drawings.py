"""The things that take more than one line to draw; fields as in fields.py."""

import numpy as np

from rada.world.fields import Field, box, cut, ellipse, mirrored, polar, polygon, stroke, union


def star() -> Field:
    """Five points."""
    radii = (1.0, 0.42)
    return polygon(polar(lambda angle: radii[round(angle / (2 * np.pi) * 10) % 2], 10))


def heart() -> Field:
    """Two lobes over a point."""
    lobes = ellipse(-0.42, -0.32, 0.47, 0.47), ellipse(0.42, -0.32, 0.47, 0.47)
    return union(*lobes, polygon([(-0.85, -0.12), (0, -0.3), (0.85, -0.12), (0, 0.92)]))


def gear() -> Field:
    """Eight teeth and a hole."""
    teeth = polygon(polar(lambda angle: 0.95 if np.sin(8 * angle) > 0 else 0.68, 320))
    return cut(teeth, ellipse(0, 0, 0.3, 0.3))


def cloud() -> Field:
    """Three puffs."""
    puffs = ellipse(-0.5, 0.15, 0.45, 0.4), ellipse(-0.08, -0.2, 0.47, 0.5)
    return union(*puffs, ellipse(0.5, 0.1, 0.45, 0.45), box(-0.5, 0.2, 0.5, 0.55))


def house() -> Field:
    """Wall, roof and door."""
    wall = union(box(-0.65, -0.15, 0.65, 0.85), polygon([(0, -0.95), (0.95, -0.1), (-0.95, -0.1)]))
    return cut(wall, box(-0.2, 0.25, 0.2, 0.86))


def key() -> Field:
    """Bow and bit."""
    bow = cut(ellipse(-0.55, 0, 0.44, 0.44), ellipse(-0.55, 0, 0.2, 0.2))
    return union(
        bow, box(-0.2, -0.12, 0.97, 0.12), box(0.5, 0, 0.64, 0.48), box(0.82, 0, 0.97, 0.48)
    )


def cup() -> Field:
    """With a handle on the right."""
    handle = cut(ellipse(0.45, -0.05, 0.45, 0.45), ellipse(0.45, -0.05, 0.22, 0.24))
    return union(polygon([(-0.75, -0.7), (0.42, -0.7), (0.32, 0.75), (-0.65, 0.75)]), handle)


def bell() -> Field:
    """With its clapper."""
    body = polygon(mirrored([(0, -0.9), (0.35, -0.75), (0.52, -0.3), (0.6, 0.3), (0.9, 0.6)]))
    return union(body, ellipse(0, 0.68, 0.24, 0.26))


def boat() -> Field:
    """Hull and two sails."""
    hull = polygon([(-0.95, 0.38), (0.95, 0.38), (0.6, 0.85), (-0.6, 0.85)])
    sails = (
        polygon([(0, -0.95), (0.78, 0.25), (0, 0.25)]),
        polygon([(-0.12, -0.6), (-0.12, 0.25), (-0.7, 0.25)]),
    )
    return union(hull, *sails, box(-0.05, -0.2, 0.04, 0.4))


def umbrella() -> Field:
    """Open, with a hooked handle."""
    roof = cut(ellipse(0, 0, 0.95, 0.9), box(-1, 0, 1, 1))
    return union(roof, stroke([(0, -0.9), (0, 0.7), (0.14, 0.85), (0.3, 0.7)], 0.16))


def bird() -> Field:
    """In flight, to the right."""
    body = union(ellipse(-0.05, 0.2, 0.5, 0.36), ellipse(0.48, -0.25, 0.26, 0.26))
    limbs = (
        polygon([(0.68, -0.36), (1, -0.2), (0.68, -0.12)]),
        polygon([(-0.4, 0.05), (-1, -0.2), (-0.85, 0.4)]),
    )
    return union(body, *limbs, polygon([(0.15, 0.05), (-0.2, -0.85), (-0.3, 0.05)]))


def tree() -> Field:
    """A fir."""
    tiers = (
        polygon([(0, -1), (0.6, -0.1), (-0.6, -0.1)]),
        polygon([(0, -0.55), (0.8, 0.55), (-0.8, 0.55)]),
    )
    return union(*tiers, box(-0.16, 0.5, 0.16, 0.98))


def mushroom() -> Field:
    """Cap and stem."""
    cap = cut(ellipse(0, -0.05, 0.92, 0.82), box(-1, 0, 1, 1))
    return union(cap, polygon([(-0.26, -0.05), (0.26, -0.05), (0.36, 0.9), (-0.36, 0.9)]))


def cat() -> Field:
    """A face with ears and eyes."""
    head = union(*(polygon([(s * 0.75, -0.95), (s * 0.8, 0), (s * 0.1, -0.4)]) for s in (-1, 1)))
    return cut(
        union(ellipse(0, 0.15, 0.8, 0.7), head),
        *(ellipse(x, 0.1, 0.15, 0.15) for x in (-0.32, 0.32)),
    )


def rabbit() -> Field:
    """A head with long ears."""
    ears = ellipse(-0.3, -0.5, 0.17, 0.48), ellipse(0.3, -0.5, 0.17, 0.48)
    return union(ellipse(0, 0.4, 0.58, 0.52), *ears)


def butterfly() -> Field:
    """Four wings."""
    wings = [
        ellipse(s * 0.5, y, 0.44, 0.42 - 0.08 * (y > 0)) for s in (-1, 1) for y in (-0.4, 0.42)
    ]
    return union(*wings, ellipse(0, 0, 0.13, 0.8))
