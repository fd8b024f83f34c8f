"""`optimization_history.png`: how the search and the learning went, on one sheet.

Drawn through Matplotlib's objects and never through `pyplot`, whose state is shared by all threads of a server.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from chromasonic.checks import path as checked_path
from chromasonic.files import write_whole
from chromasonic.languages import ENGLISH, speaking
from chromasonic.music.text import visible
from chromasonic.results.charts import LossCurves, LossHistory, Role, loss_curves, loss_history
from chromasonic.results.ink import LIGHT
from chromasonic.results.records import SearchRecord, check_record
from chromasonic.results.scale import LossScale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10.0, 9.0)  # inches
RESOLUTION = 130  # dots per inch


@speaking(ENGLISH)  # as the other files, and its font has no signs for all languages
def history_png(search: SearchRecord) -> bytes:
    """The sheet as a PNG: the loss of each trial above, the learning curves below."""
    check_record(search)
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # A dollar sign in a name begins no formula.
    with rc_context({"font.size": 11, "text.parse_math": False, "axes.edgecolor": LIGHT.grid}):
        figure = Figure(figsize=SIZE, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        upper, lower = figure.subplots(2, 1)
        figure.suptitle(_drawable(visible(search.name)) or "Search", fontsize=15, fontweight="bold", color=LIGHT.text)
        _draw_history(upper, loss_history(search))
        _draw_curves(lower, loss_curves(search))
        for axes in (upper, lower):
            for note in axes.texts:
                note.set_in_layout(False)  # a long name may run over the edge; it must not squeeze the chart
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=RESOLUTION)
    return drawn.getvalue()


def save_optimization_history(search: SearchRecord, path: Path) -> None:
    """Write the sheet to `path`, whole.

    Raises:
        SettingsError: this is no record of a search, or no path.
        WorkspaceError: it cannot be written there.
    """
    path = checked_path("path", path, "a file, such as Path(“history.png”)")
    write_whole(path, history_png(search))


def _drawable(text: str) -> str:
    """`text` with a box for each sign that matplotlib's own font does not have, which it would warn of."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(sign if ord(sign) in known else "□" for sign in text)


def _draw_history(axes: Axes, history: LossHistory) -> None:
    scale, height = history.scale, history.scale.height
    _style(axes, "Loss of each trial", "trial", scale)
    for points, marker, colour, name in (
        (history.pruned, "o", LIGHT.quiet, "stopped early"),
        (history.complete, "o", LIGHT.complete, "finished"),
        (history.resting, "D", LIGHT.quiet, "resting"),
        (history.running, "D", LIGHT.running, "training"),
    ):
        if points.numbers:
            face = "none" if colour == LIGHT.quiet else colour
            capped = [min(height(loss), scale.top) for loss in points.losses]
            axes.scatter(
                points.numbers,
                capped,
                s=28,
                marker=marker,
                facecolors=face,
                edgecolors=colour,
                label=name,
                clip_on=False,
            )
    if history.failed:
        top = [scale.top] * len(history.failed)
        axes.scatter(history.failed, top, s=40, marker="x", color=LIGHT.failed, label="failed", clip_on=False)
    if history.best_so_far:
        numbers, losses = zip(*history.best_so_far, strict=True)
        axes.step(
            numbers,
            [height(loss) for loss in losses],
            where="post",
            color=LIGHT.complete,
            linewidth=2,
            label="best so far",
        )
        axes.scatter(
            history.best.numbers,
            [height(loss) for loss in history.best.losses],
            s=260,
            marker="*",
            color=LIGHT.text,
            edgecolors="white",
            zorder=5,
        )
        text = f"best {history.best.losses[0]:.3f} (trial {history.best.numbers[0]})"
        right = history.best.numbers[0] > history.n_trials / 2
        axes.annotate(
            text, (history.best.numbers[0], height(history.best.losses[0])), (0, -12), textcoords="offset points",
            ha="right" if right else "left", va="top", fontweight="bold", color=LIGHT.text,
        )  # fmt: skip
    shown = [level for level in history.levels if level.is_shown]
    for place, level in enumerate(shown):
        at = height(level.loss)
        crowded = place + 1 < len(shown) and height(shown[place + 1].loss) - at < 0.1 * (scale.top - scale.bottom)
        axes.axhline(at, color=LIGHT.quiet, linewidth=1.2, linestyle="--", zorder=0)
        axes.annotate(
            f"{level.name} {level.loss:.3f}", (1, at), (0, -3 if crowded else 3), ha="right",
            xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="top" if crowded else "bottom",
            color=LIGHT.quiet,
        )  # fmt: skip
    far = [f"{level.name} {level.loss:.3f}" for level in history.levels if not level.is_shown]
    if far:
        axes.annotate(
            "↑ " + ", ".join(far), (0, 1), (4, -10), xycoords="axes fraction", textcoords="offset points", ha="left",
            va="top", color=LIGHT.quiet, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5},
        )  # fmt: skip
    axes.set_xlim(-0.5, max(history.n_trials - 0.5, 0.5))
    _key(axes)


def _draw_curves(axes: Axes, curves: LossCurves) -> None:
    looks = {
        Role.PRUNED: (LIGHT.quiet, ":", 1.0, 0.5, "stopped early"),
        Role.RESTING: (LIGHT.quiet, "-", 1.0, 0.7, "resting"),
        Role.OTHER: (LIGHT.complete, "-", 1.0, 0.3, "other trials"),
        Role.UNTUNED: (LIGHT.untuned, "--", 2.2, 1.0, "default settings"),
        Role.RUNNING: (LIGHT.running, "-", 2.2, 1.0, "training"),
        Role.BEST: (LIGHT.complete, "-", 2.8, 1.0, "best"),
    }
    _style(axes, "How they learned", "epoch", curves.scale)
    for role, (colour, dashes, width, opacity, name) in looks.items():
        for place, curve in enumerate(curves.of_role(role)):
            axes.plot(
                curve.epochs, list(map(curves.scale.height, curve.losses)), dashes, color=colour, linewidth=width,
                alpha=opacity,
                marker="o" if len(curve.epochs) == 1 else None, label=None if place else name,
            )  # fmt: skip
    axes.set_xlim(0.7, curves.epochs + 0.3)
    _key(axes)


def _style(axes: Axes, title: str, across: str, scale: LossScale) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(title, loc="left", color=LIGHT.text)
    axes.set_xlabel(across, color=LIGHT.quiet)
    axes.set_ylabel("validation loss (nats per token)", color=LIGHT.quiet)
    axes.set_ylim(*scale.ends)
    axes.set_yticks([scale.height(loss) for loss, _ in scale.marks()], [text for _, text in scale.marks()])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=LIGHT.grid)
    axes.set_axisbelow(True)
    axes.tick_params(colors=LIGHT.quiet, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _key(axes: Axes) -> None:
    """A legend above the chart, at the right of its title."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1, 1.0), ncols=6, frameon=False, fontsize=10, labelcolor=LIGHT.text
        )
