"""CoOp's own files: on its drive, and copied by cross_modal_adaptation under the MIT licence."""

from rada.prepare.source import File

MIRROR = "https://raw.githubusercontent.com/linzhiqiu/cross_modal_adaptation/main/splits/"


def on_drive(name: str, drive: str, md5: str = "") -> File:
    """A file that the mirror has too; drive is its id there."""
    return File(name, (MIRROR + name,), md5, f"https://drive.google.com/file/d/{drive}/view")


SPLITS = {
    "caltech101": on_drive(
        "split_zhou_Caltech101.json",
        "1hyarUivQE36mY6jSomru6Fjd-JzwcCzN",
        "385cabeb25ebeebaa36167d7028ebc52",
    ),
    "oxford_pets": on_drive(
        "split_zhou_OxfordPets.json",
        "1501r8Ber4nNKvmlFVQZ8SeUHTcdTTEqs",
        "fadad0caba06c4d0d2baf192015f50b4",
    ),
    "stanford_cars": on_drive(
        "split_zhou_StanfordCars.json",
        "1ObCFbaAgVu0I-k_Au-gIUcefirdAuizT",
        "91255fab2e15280e6d9d9d24cc87efdb",
    ),
    "oxford_flowers": on_drive(
        "split_zhou_OxfordFlowers.json",
        "1Pp0sRXzZFZq15zVOzKjKBu4A9i01nozT",
        "cfeaf0508c398ca993bf48ca5f034569",
    ),
    "food101": on_drive(
        "split_zhou_Food101.json",
        "1QK0tGi096I0Ba6kggatX1ee6dJFIcEJl",
    ),
    "sun397": on_drive(
        "split_zhou_SUN397.json",
        "1y2RD81BYuiyvebdN-JymPfyWYcd8_MUq",
    ),
    "dtd": on_drive(
        "split_zhou_DescribableTextures.json",
        "1u3_QfB467jqHgNXC00UIzbLZRQCg2S7x",
        "02ff57f1bbd002a43320737a3ecbc113",
    ),
    "eurosat": on_drive(
        "split_zhou_EuroSAT.json",
        "1Ip7yaCWFi0eaOFUGga0lUdVi_DDQth1o",
        "989e1eca757dec43cfcee28faf6b28fc",
    ),
    "ucf101": on_drive(
        "split_zhou_UCF101.json",
        "1I0S0q91hJfsV9Gf4xDIjgDq4AqBNJb1y",
        "3a70ae2e43036a21111f3692a43fc839",
    ),
}
FLOWER_NAMES = on_drive(
    "cat_to_name.json",
    "1AkcxCXeK_RCGCEC_GvmWxjcjaNhu-at0",
    "e9e30ddad249c414268af3d43f0a4222",
)
