"""The datasets by family, in the order of tables: benchmarks, ImageNet's shifts, embedded sets."""

from collections import defaultdict

# The eleven real sets, in the order of the published tables.
BENCHMARKS = (
    "imagenet",
    "caltech101",
    "oxford_pets",
    "stanford_cars",
    "oxford_flowers",
    "food101",
    "fgvc_aircraft",
    "sun397",
    "dtd",
    "eurosat",
    "ucf101",
)
DEFAULT_SOURCE = "imagenet"  # what a transfer is trained on unless SOURCE says otherwise
# ImageNet's shifts, for tests only.
SHIFTS = ("imagenetv2", "imagenet_sketch", "imagenet_a", "imagenet_r", "objectnet")
EMBEDDED = ("blueprints", "fabrics", "tints", "herds", "heatmaps", "digits")
# The embedded counterpart of ImageNet and its shifts.
WORLD_SOURCE = "things"
WORLD_SHIFTS = ("things_v2", "things_r", "things_a", "things_sketch", "things_objects")
PLAIN = "_plain"  # an embedded set without its shift of domain, a control


def absent(dataset: str, path: str, stem: str) -> str:
    """What to do about a path of a dataset that is not there, in a line.

    Args:
        dataset: its class, such as "Caltech101".
        path: that it needs.
        stem: name of its config.
    """
    return (
        f'{dataset}: {path} not found; "python -m rada.prepare {stem} --root DATA" fetches it or '
        "says how, DATA (or --root) names the folder of the datasets; `make demo` needs none"
    )


def is_embedded(dataset: str) -> bool:
    """Whether a dataset is of the embedded world, whose backbone is another one."""
    return dataset.removesuffix(PLAIN) in (*EMBEDDED, WORLD_SOURCE, *WORLD_SHIFTS)


def shifts_of(dataset: str) -> tuple[str, ...]:
    """A dataset's classes in other domains, for tests only, as tables of fine-tuning order them."""
    v2, sketch, adversarial, renditions, objectnet = SHIFTS
    of_imagenet = (v2, renditions, adversarial, sketch, objectnet)
    return {DEFAULT_SOURCE: of_imagenet, WORLD_SOURCE: WORLD_SHIFTS}.get(dataset, ())


def source_of(dataset: str) -> str:
    """What is trained on for a test on a dataset: the dataset that it is a shift of, or itself."""
    sources = (DEFAULT_SOURCE, WORLD_SOURCE)
    return next((source for source in sources if dataset in shifts_of(source)), dataset)


def family(dataset: str) -> str:
    """Which datasets are averaged together: benchmarks, shifts, embedded, control and own sets."""
    if dataset in SHIFTS:
        return "shifts"
    if dataset in WORLD_SHIFTS:
        return "shifts of things"
    if dataset == WORLD_SOURCE:
        return "things"
    if dataset in EMBEDDED:
        return "embedded sets"
    if is_embedded(dataset):
        return "plain embedded sets"
    return "real sets" if dataset in BENCHMARKS else "other sets"


def families(datasets: list[str]) -> dict[str, list[str]]:
    """Datasets by family; the embedded ones have another backbone."""
    groups = defaultdict(list)
    for dataset in datasets:
        groups[family(dataset)].append(dataset)
    return dict(groups)


def dataset_order(name: str) -> tuple:
    """Sort key: the published order, the shifts, the embedded world, the others by name."""
    plain = tuple(name + PLAIN for name in EMBEDDED)
    known = BENCHMARKS + SHIFTS + EMBEDDED + plain + (WORLD_SOURCE,) + WORLD_SHIFTS
    return (known.index(name) if name in known else len(known), name)
