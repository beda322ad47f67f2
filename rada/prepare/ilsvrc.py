"""ImageNet's own archives: a tar of a tar per class, and flat validation pictures.

torchvision reads them too, but unpacks into the final folder, where a half-unpacked one looks
finished, and needs the space of the training pictures twice.
"""

import io
import tarfile
from pathlib import Path

from scipy.io import loadmat

from rada.data import annotations
from rada.prepare.unpack import members, naming_archive, progress, unpack, write
from rada.prepare.verify import require_md5

DEVKIT = "ILSVRC2012_devkit_t12.tar.gz"
DEVKIT_MD5 = "fa75699e90414af021442c21a62c3abf"
SYNSETS = "ILSVRC2012_devkit_t12/data/meta.mat"
TRUTH = "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt"


def unpack_train(archive: Path, into: Path, wanted: tuple[str, ...], inner: str = "") -> None:
    """Unpack the archive of each class, n01440764.tar, into the folder <wanted>/n01440764.

    Raises:
        ValueError: as `unpack` does.
    """
    with naming_archive(archive), archive.open("rb") as file, progress(file, archive) as step:
        for of_class in members(file):
            folder = into / wanted[0] / Path(of_class.name).stem
            folder.mkdir(parents=True)
            with of_class.open() as pictures:
                for picture in members(pictures):
                    write(picture, folder)
                    step()


def unpack_val(archive: Path, into: Path, wanted: tuple[str, ...], inner: str = "") -> None:
    """Unpack the validation pictures and sort them into folders by class, as the devkit says.

    Raises:
        FileNotFoundError: if the devkit is not beside the archive.
        ValueError: if it is another, or has another number of pictures.
    """
    wnids = validation_wnids(archive.with_name(DEVKIT))
    flat = into / "flat"
    flat.mkdir()
    unpack(archive, flat, ("",))
    pictures = sorted(flat.iterdir())
    if len(pictures) != len(wnids):
        raise ValueError(
            f"{archive} has {len(pictures):,} pictures, {DEVKIT} knows {len(wnids):,}; "
            "fetch both again"
        )
    for picture, wnid in zip(pictures, wnids, strict=True):
        folder = into / wanted[0] / wnid
        folder.mkdir(parents=True, exist_ok=True)
        picture.rename(folder / picture.name)


def validation_wnids(devkit: Path) -> list[str]:
    """WordNet ids of the validation pictures, in the order of their names."""
    if not devkit.exists():
        raise FileNotFoundError(f"{devkit} not found; it says which class a picture is of")
    require_md5(devkit, DEVKIT_MD5)
    with annotations.naming(str(devkit)), tarfile.open(devkit) as tar:
        synsets = loadmat(io.BytesIO(tar.extractfile(SYNSETS).read()), squeeze_me=True)["synsets"]
        numbers = tar.extractfile(TRUTH).read().split()
        wnids = {int(row[0]): str(row[1]) for row in synsets}
        return [wnids[int(number)] for number in numbers]
