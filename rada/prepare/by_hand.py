"""What a person has to do where a source is gone, or wants a licence or a log-in."""

IMAGENET = (
    "Make an account at https://image-net.org/download.php and accept the terms.",
    "Fetch ILSVRC2012_img_train.tar (138 GB), ILSVRC2012_img_val.tar (6.3 GB) and "
    "ILSVRC2012_devkit_t12.tar.gz (it says which class a validation picture is of) into {folder}.",
    "Run this command again: it verifies them and unpacks them into {folder}/images.",
    "Or link a prepared copy: {folder}/images/train and {folder}/images/val, each with 1,000 "
    "folders such as n01440764. No classnames.txt is needed.",
)
STANFORD_CARS = (
    "The authors' site is gone. Log in at "
    "https://www.kaggle.com/datasets/jessicali9530/stanford-cars-dataset and save its zip file as "
    "{folder}/stanford-cars-dataset.zip; or put the original cars_train.tgz and cars_test.tgz, if "
    "you have them, into {folder}.",
    "Run this command again: it unpacks them into {folder}/cars_train and {folder}/cars_test.",
    "If that copy is gone too: the authors of cross_modal_adaptation have put one at "
    "https://drive.google.com/file/d/150nwNkg7qXh28yabiqNAOfBMMll7ALlu/view; unpack it by hand "
    "into the same two folders. The annotations (devkit) are not needed with the split file.",
)
SUN397 = (
    "The original address, http://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz, answers "
    "no more. Get SUN397.tar.gz (37 GB) from whoever has it; users of other projects report a copy "
    "at https://opendatalab.com/OpenDataLab/SUN397 (folder raw; log-in).",
    "Put it at {folder}/SUN397.tar.gz and run this command again: its md5 says whether it is the "
    "original one, and it is unpacked into {folder}/SUN397.",
    "Copies with a train and a test folder, or parquet files, do not fit the split file.",
)
UCF101 = (
    "Open https://drive.google.com/file/d/10Jqome3vtUA2keJkNanAiFpgbyC9Hc2O/view (CoOp's middle "
    "frame of each video) and save it as {folder}/UCF-101-midframes.zip.",
    "Run this command again: it unpacks it into {folder}/UCF-101-midframes.",
)
OBJECTNET = (
    "Read the terms at https://objectnet.dev (no training on it) and find the password there.",
    "Fetch https://objectnet.dev/downloads/objectnet-1.0.zip (197 GB) into {folder}.",
    'Unpack it with that password: cd "{folder}/.." && unzip -P PASSWORD '
    "objectnet-1.0/objectnet-1.0.zip 'objectnet-1.0/images/*'",
    "The pictures are then {folder}/images/air_freshener/*.png and so on, one folder a class; the "
    "200 folders of classes that ImageNet has not may be deleted.",
)
