"""The picture of WiSE-FT's curves."""

from pathlib import Path

from matplotlib.figure import Figure

Curve = list[tuple[float, float, float]]  # coefficient, accuracy, accuracy on shifts, percent


def plot(curves: dict[str, Curve], path: Path, remark: str = "") -> None:
    """Accuracy on shifts against accuracy on the set itself: a curve for each model, to a file.

    A square is the start (coefficient 0), a star what was learned (1).
    """
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for name, points in curves.items():
        numbers, own, shifted = zip(*points, strict=True)
        (line,) = axes.plot(own, shifted, marker=".", label=name)
        for number, marker in ((0.0, "s"), (1.0, "*")):
            if number in numbers:
                i = numbers.index(number)
                axes.plot(own[i], shifted[i], marker, color=line.get_color(), markersize=9)
    axes.set_xlabel("accuracy on the set itself, %")
    axes.set_ylabel("average accuracy on its shifts, %")
    axes.set_title(remark or "WiSE-FT: square = start, star = fine-tuned", fontsize="medium")
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
