"""The names of trainers: which goes with which, and their order in tables."""


def plain_trainer(name: str) -> str | None:
    """The trainer a RAda trainer is compared with, or None: RAda + X is called RAdaX."""
    if name == "RAda":
        return "ZeroshotCLIP"
    if name == "RAdaFT":  # both encoders by cross-entropy over class sentences
        return "FLYPCE"
    if name == "RAdaTPTPretrained":  # RAdaTPT from a mask that RAda has trained
        return "TPT"
    return name.removeprefix("RAda") if name.startswith("RAda") else None


def trainer_order(name: str) -> tuple:
    """Sort key: zero-shot CLIP first, then by name; each RAda trainer right after its plain one."""
    plain = plain_trainer(name) or name
    return (plain != "ZeroshotCLIP", plain.lower(), plain != name, name)
