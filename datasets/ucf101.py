"""UCF101 (Soomro et al., 2012), the middle frame of each video, with the split of CoOp."""

import os
import re

from dassl.data.datasets import DATASET_REGISTRY
from rada.data.annotations import naming, read_rows
from rada.data.few_shot import FewShotDataset
from rada.data.new_splits import split_trainval
from rada.data.pictures import Picture
from rada.data.splits import Splits


@DATASET_REGISTRY.register()
class UCF101(FewShotDataset):
    """101 actions."""

    stem = "ucf101"
    dataset_dir = "ucf101"
    image_dir = "UCF-101-midframes"
    split_file = "split_zhou_UCF101.json"
    template = "a photo of a person doing {}."

    def make_splits(self) -> Splits:
        """The first of the official splits; 20% of its training part are for validation."""
        return *split_trainval(self._read("trainlist01.txt")), self._read("testlist01.txt")

    def _read(self, name: str) -> list[Picture]:
        lists = os.path.join(self.dataset_dir, "ucfTrainTestlist")
        index, path = os.path.join(lists, "classInd.txt"), os.path.join(lists, name)
        with naming(index):
            labels = {action: int(number) - 1 for number, action in read_rows(index, 2)}
        pictures = []
        for row in read_rows(path):  # ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1
            with naming(path):
                action, video = row[0].split("/")
                classname = "_".join(re.findall("[A-Z][^A-Z]*", action))  # Apply_Eye_Makeup
                frame = os.path.join(self.image_dir, classname, video.replace(".avi", ".jpg"))
                pictures.append(Picture(frame, labels[action], classname))
        return pictures
