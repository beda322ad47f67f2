"""What is tested as the oldest that works is what requirements.txt and pyproject.toml promise."""

import re
from pathlib import Path

import yaml
from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent


def requirements(name: str) -> dict[str, Requirement]:
    """The requirements of a file by the names of their packages."""
    lines = [line.split(" #")[0].strip() for line in (PROJECT / name).read_text().splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {requirement.name: requirement for requirement in found}


def test_the_lowest_releases_are_the_lower_bounds():
    bounds = {
        name: [part.version for part in requirement.specifier if part.operator == ">="]
        for name, requirement in requirements("requirements.txt").items()
    }
    pins = requirements("requirements-lowest.txt")
    assert {name for name, versions in bounds.items() if versions} == set(pins)
    for name, pin in pins.items():
        (version,) = pin.specifier
        assert version.operator == "=="
        # 2.9 is met by the pin 2.9.0, and only by it
        assert version.contains(bounds[name][0]), f"{name}: {version} and {bounds[name]}"


def test_the_oldest_python_runs_with_all_of_the_lowest_releases():
    text = (PROJECT / "pyproject.toml").read_text()
    oldest = re.search(r'^requires-python = ">=([\d.]+)"$', text, re.M)[1]
    workflow = yaml.safe_load((PROJECT / ".github/workflows/tests.yml").read_text())
    matrix = workflow["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"][0] == oldest
    assert {"python": oldest, "constraint": "requirements-lowest.txt"} in matrix["include"]
    for pin in requirements("requirements-lowest.txt").values():
        assert pin.marker is None or pin.marker.evaluate({"python_version": oldest}), pin
