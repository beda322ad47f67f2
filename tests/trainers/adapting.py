"""Shared by the tests of test-time trainers: a way to run one, and its predictions."""

import json

import pytest

from rada.engine.registry import registered

FEW_VIEWS = ("TEST.VIEWS", "8", "TEST.KEEP", "0.3", "TEST.EPISODES", "3")


@pytest.fixture(scope="module")
def trained():
    """Folders of the trainings that were needed so far, by trainer."""
    return {}


@pytest.fixture
def adapt(run_train, trained, tmp_path_factory):
    """Run a test-time trainer, from a short training if it starts from one; returns it."""

    def run(name: str, output, *opts: str, arguments=(), classes="base"):
        source = registered()[name].starts_from
        if source and source not in trained:
            trained[source] = tmp_path_factory.mktemp(source)
            run_train(source, trained[source], "OPTIM.MAX_EPOCH", "2")
        loading = ("--eval-only", "--model-dir", str(trained[source])) if source else ()
        options = {"arguments": (*loading, *arguments), "classes": classes}
        return run_train(name, output, *FEW_VIEWS, *opts, **options)

    return run


def predictions(folder) -> dict[str, dict]:
    """The predictions of a finished test, by picture; when they were given is left out."""
    header, *lines = (folder / "predictions_test.jsonl").read_text().splitlines()
    predictions = {line["path"]: line for line in map(json.loads, lines)}
    for line in predictions.values():
        del line["seconds"]
    return predictions
