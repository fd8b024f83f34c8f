"""Every public function, every argument: what it cannot take is refused by one of our errors, in words that name it.

`DOORS` says for each function arguments that it takes, and for each argument what it does not. The last tests walk over
the public modules: a function that has no table here, or an argument that has none, is named.
"""

from __future__ import annotations

import importlib
import inspect
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chromasonic.errors import ChromasonicError, CollectionError, DeviceError, RenderingError, SettingsError
from chromasonic.melody_generation import datasets, generation, model_bundle, models, training
from chromasonic.melody_generation.hyperparameter_search import (
    HyperparameterOptimizer,
    HyperparameterSearchSpace,
    bundle,
    catalogue,
    final_bundle,
    listing,
    search,
    settings,
    storage,
)
from chromasonic.melody_generation.hyperparameter_search.remarks import Remarks, WrittenNote
from chromasonic.melody_generation.model_bundle import shelf as model_shelf
from chromasonic.music import Key, Melody, Meter, Note, abc_notation, collections, midi, reading, score, sets, shelf
from chromasonic.operations import backup, report_files
from chromasonic.rendering import audio, notation, piano_roll
from chromasonic.results import export, labels, markdown, page, plot, records, report
from chromasonic.workspace import Workspace


@dataclass(frozen=True)
class Bad:
    """What an argument cannot be, and how it is told."""

    values: tuple[Any, ...]
    says: str = "needs "
    kind: type[ChromasonicError] = SettingsError
    names: str | None = None  # what the message begins with; the argument where that is None


@dataclass(frozen=True)
class Door:
    """A public function with arguments that it takes, and what each of them cannot be."""

    of: Callable[..., Any]
    good: dict[str, Any]
    bad: dict[str, Bad] = field(default_factory=dict)
    any: tuple[str, ...] = ()  # arguments of which Python itself asks only whether they are true
    call: Callable[..., Any] | None = None  # with what it needs beside, where that is made only when it is used


class Thing:
    """Something that has nothing to do with music."""

    def __repr__(self) -> str:
        return "Thing()"


THING = Thing()
NAN = math.nan
BEYOND_WRITING = 10**5000
"""Python refuses to write it out, which a message must not fall over."""


def whole(least: int, most: int, *others: Any) -> Bad:
    return Bad(
        ("x", 1.5, NAN, True, [1], THING, least - 1, most + 1, BEYOND_WRITING, *others),
        f"needs a whole number from {least}",
    )


def number(*outside: float) -> Bad:
    return Bad(("x", NAN, True, [1], THING, 10**400, *outside), "needs a number ")


def a(*others: Any, says: str = "needs ") -> Bad:
    """No thing of the right kind."""
    return Bad((5, 1.5, [1], b"x", THING, *others), says)


def other_than_none(*others: Any, says: str = "needs ") -> Bad:
    return a(None, *others, says=says)


A_PATH = other_than_none("", "a\0b")
A_PATH_OR_NONE = a("", "a\0b")
A_NAME = other_than_none()
TOKENS = Bad((None, 5, "x", [1], [[1.5]], [["x"]], [[None]], [[True]], [THING]), "token ids")
A_SEED = whole(0, 2**63 - 1, None)

TUNE = Melody((Note(0, 1, 60), Note(1, 1, 62)))
NOTE = TUNE.notes[0]
NO_TUNE = (
    None,
    5,
    "x",
    [NOTE],
    *(replace(TUNE, notes=notes) for notes in (None, 5, [(0, 1, 60, 80)], [THING])),
    *(replace(TUNE, notes=(NOTE._replace(onset=onset),)) for onset in (-1, NAN, math.inf, "x", None, 10**9)),
    *(replace(TUNE, notes=(NOTE._replace(duration=length),)) for length in (0, -1, NAN, math.inf, "x", None, 10**9)),
    *(replace(TUNE, notes=(NOTE._replace(pitch=pitch),)) for pitch in (-1, 128, 60.5, NAN, "C4", None, True)),
    *(replace(TUNE, notes=(NOTE._replace(velocity=velocity),)) for velocity in (0, 128, 0.5, "f", None)),
    *(replace(TUNE, key=key) for key in ("C", Key("H"), Key("C", "blue"), Key(None), Key("C" + "#" * 99), 5)),
    *(replace(TUNE, meter=meter) for meter in ((4, 4), "4/4", Meter(0, 4), Meter(4, 0), Meter(4, 3), Meter(10**9, 4))),
    *(replace(TUNE, meter=meter) for meter in (Meter("4", 4), Meter(4, "4"), Meter(4, None), Meter(4, [4]))),
    *(replace(TUNE, qpm=qpm) for qpm in (0, -1, NAN, math.inf, "x", 10**9)),
    *(replace(TUNE, pickup=pickup) for pickup in (-1, NAN, math.inf, "x", None)),
    *(replace(TUNE, title=title) for title in (None, 5, b"x")),
)
A_TUNE = Bad(NO_TUNE)
TUNES = Bad((None, 5, "x", [5], [None], *([tune] for tune in NO_TUNE)))

SIZES: dict[str, Any] = {"vocab_size": 8, "embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "dropout": 0.0}
ARCHITECTURE = {name: size for name, size in SIZES.items() if name != "vocab_size"}
MODEL = models.GRUMelodyModel(**SIZES)
CORPUS = training.Corpus([[1, 2, 3], [3, 2, 1]], context=4, vocab_size=8)
CONFIG = training.TrainingConfig(epochs=1)
HOW_TO_SING = generation.GenerationConfig()
A_MODEL = other_than_none("x", models.GRUMelodyModel)
A_CORPUS = other_than_none([[1, 2]])
A_CLASS = a(MODEL.state_dict())
DEVICE = Bad((None, 5, "piano", "cuda:99", "", THING), "There is no device", DeviceError)

NOWHERE = Path("nowhere/at/all")
WORKSPACE = Workspace(NOWHERE)
DATA = datasets.SearchData([[1, 2]], [[1, 2]], [], 8, 4, "tunes", melodic=False)
DATABASE = storage.Database("", None, None)  # type: ignore[arg-type]  # nothing here comes so far as to ask it
SEARCH = object.__new__(search.Search)
SEARCH.settings = settings.SearchSettings()
REMARKS = Remarks(DATABASE, None)  # type: ignore[arg-type]  # as above
A_TRIAL = whole(0, 2**31 - 1)
TAGS = Bad((None, 5, "x", b"x", THING, [5], [None]), "needs ")
ABOUT = model_bundle.ModelAbout(
    name="Tiny", family="gru", arguments=SIZES | {"vocab_size": 113}, context=8, music=model_bundle.MusicAbout(name="x")
)
A_STORED_MODEL = model_shelf.StoredModel(NOWHERE, "Tiny", ABOUT)
A_SEARCH, A_DATABASE = other_than_none("x"), a("x")
A_KIND = Bad((None, 5, "pdf", [1], THING), "needs one of")
A_WORKSPACE = other_than_none(NOWHERE, "x")
KEPT, A_KEPT = shelf.KeptMelody("a1", "mine"), other_than_none("x")
NO_DATA = (
    *(replace(DATA, vocab_size=size) for size in (0, -1, 10**9, 1.5, "x", None)),
    *(replace(DATA, sequence_length=size) for size in (0, -1, 10**9, 1.5, "x", None)),
    *(replace(DATA, train=side) for side in (None, 5, [5], [["x"]], [[8]], [[-1]])),
    replace(DATA, music=5),
)
SOME_DATA = Bad((None, 5, "x", [[1]], *NO_DATA), "", names="")  # the field of it is named
RECORD = records.SearchRecord(
    name="mine", state=records.SearchState.STOPPED, trials=(), n_trials=3, epochs=2, timeout=None, total_time=1.0,
    families=("lstm",), space={}, music="tunes", fingerprint="0", vocab_size=9, sequence_length=8, n_train=1,
    n_validation=1, n_test=0, seed=0, device="cpu", jobs=1, versions={}, reason=None,
)  # fmt: skip
A_RECORD, SCORES = other_than_none({}, SEARCH), a({}, 2.0)


@cache
def optimizer() -> HyperparameterOptimizer:
    folder = Path(tempfile.mkdtemp())
    return HyperparameterOptimizer(
        models.GRUMelodyModel, output_dir=folder / "results", verbose=False, workspace=Workspace.open(folder)
    )


def model_door(family: type[models.MelodyModel]) -> Door:
    largest = {"vocab_size": 1_000_000, "embedding_dim": 8192, "hidden_size": 8192, "num_layers": 64}
    bad = {name: whole(1, most, None, 10**9) for name, most in largest.items()}
    return Door(family, SIZES, {**bad, "dropout": number(-0.1, 1, 5, math.inf)})


SPACE = HyperparameterSearchSpace
RANGE = Bad((None, 5, "x", (1,), (3, 1), ("a", "b"), (NAN, 1), (0, math.inf), (True, 2), (-1, 10**400), THING))
DOORS = [
    # ---- models
    *map(model_door, (*models.MODEL_FAMILIES.values(), models.MelodyModel)),
    Door(
        models.set_output_bias,
        {"model": MODEL, "counts": torch.ones(8)},
        {"model": A_MODEL, "counts": other_than_none("x")},
    ),
    # ---- training
    Door(
        training.Corpus,
        {"sequences": [[1, 2]], "context": 4, "vocab_size": 8},
        {
            "sequences": TOKENS,
            "context": replace(whole(1, 1_000_000, None), names="sequence_length"),
            "vocab_size": whole(1, 1_000_000, None),
            "device": DEVICE,
        },
        any=("name",),
    ),
    Door(
        training.TrainingConfig,
        {},
        {
            "epochs": whole(1, 100_000, None),
            "batch_size": whole(1, 65_536, None),
            "patience": whole(1, 100_000, None),
            "seed": A_SEED,
            **{name: number(0, -1, math.inf) for name in ("learning_rate", "clip_norm")},
            **{name: number(-1, 1, math.inf) for name in ("beta2", "warm_up", "weight_decay")},
            "mixed_precision": other_than_none("x"),
        },
    ),
    Door(training.answers_every_position, {"model": MODEL, "corpus": CORPUS}, {"model": A_MODEL, "corpus": A_CORPUS}),
    Door(
        training.build_model,
        {
            "model_class": models.GRUMelodyModel,
            "vocab_size": 8,
            "architecture": ARCHITECTURE,
            "seed": 0,
            "device": torch.device("cpu"),
        },
        {
            "model_class": replace(A_CLASS, values=(None, *A_CLASS.values)),
            "vocab_size": whole(1, 1_000_000, None),
            "architecture": other_than_none("x"),
            "seed": A_SEED,
            "device": DEVICE,
        },
    ),
    Door(
        training.check_checkpoint,
        {"stem": NOWHERE, "vocab_size": 8},
        {"stem": other_than_none("", "a\0b", ".", "/"), "vocab_size": whole(1, 1_000_000, None)},
        any=("own_models",),
    ),
    Door(training.count_parameters, {"model": MODEL}, {"model": A_MODEL}),
    Door(
        training.create_training_data,
        {"num_sequences": 4, "sequence_length": 4, "vocab_size": 8, "train_split": 0.5},
        {
            "num_sequences": whole(2, 100_000, None, 10**9),
            "sequence_length": whole(1, 10_000_000, None, 10**9),
            "vocab_size": whole(2, 1_000_000, None, 10**9),
            "train_split": number(0, 1, -1, math.inf),
            "seed": A_SEED,
        },
    ),
    Door(training.device_name, {"device": "cpu"}, {"device": DEVICE}),
    Door(training.evaluate, {"model": MODEL, "corpus": CORPUS}, {"model": A_MODEL, "corpus": A_CORPUS}),
    Door(training.target_losses, {"model": MODEL, "corpus": CORPUS}, {"model": A_MODEL, "corpus": A_CORPUS}),
    Door(
        training.load_checkpoint,
        {"stem": NOWHERE},
        {"stem": other_than_none("", "a\0b", ".", "/"), "model_class": a("lstm")},
    ),
    Door(training.resolve_device, {"wanted": "cpu"}, {"wanted": DEVICE}),
    Door(
        training.save_checkpoint,
        {"stem": NOWHERE, "model": MODEL, "metadata": {}},
        {
            "stem": other_than_none("", "a\0b", ".", "/"),
            "model": A_MODEL,
            "metadata": other_than_none("x", {"a": THING}, {"a": NAN}, {(1, 2): 3}),
        },
    ),
    Door(training.token_counts, {"corpus": CORPUS}, {"corpus": A_CORPUS}),
    Door(
        training.train,
        {"model": MODEL, "train_corpus": CORPUS, "validation_corpus": CORPUS, "config": CONFIG},
        {
            "model": A_MODEL,
            "train_corpus": A_CORPUS,
            "validation_corpus": A_CORPUS,
            "config": other_than_none({}),
            "on_epoch": other_than_none("x"),
            "should_stop": other_than_none("x"),
            "augment": a("x"),
        },
    ),
    # ---- singing
    Door(
        generation.GenerationConfig,
        {},
        {
            "temperature": number(0, -1, math.inf),
            "top_k": whole(1, 1_000_000),
            "top_p": number(0, -1, 1.5, math.inf),
            "bars": whole(1, 256, None),
            "meter": Bad(
                (None, "4/4", (4, 4), Meter(0, 4), Meter(4, 0), Meter(1, 10**6), Meter(4, "x"), Meter("x", 4))
            ),
            "qpm": number(0, -1, math.inf, 10**9),
            "lowest": whole(0, 127, None),
            "highest": whole(0, 127, None),
            "key": Bad(("C", ("C", "major"), Key("H"), Key("C", "blue"), 5, THING)),
            "variations": whole(1, 64, None),
            "seed": Bad(("x", None, 1.5, NAN, True, [1], 2**64), "needs a whole number"),
            "longest_copy": whole(2, 50_000),
        },
    ),
    Door(
        generation.generate,
        {"model": MODEL, "config": HOW_TO_SING},
        {
            "model": A_MODEL,
            "config": other_than_none({}),
            "primer": replace(A_TUNE, values=NO_TUNE[1:]),
            "context": whole(1, 1_000_000, None),
            "known": a("x", [TUNE]),
        },
    ),
    Door(
        generation.generate_tokens,
        {"model": MODEL, "config": HOW_TO_SING, "opening": [1], "n_tokens": 3},
        {
            "model": A_MODEL,
            "config": other_than_none({}),
            "opening": Bad(
                (None, 5, "x", ["x"], [1.5], [True], [None], [], [-1], [8], [10**12], [BEYOND_WRITING], THING), ""
            ),
            "n_tokens": whole(0, 100_000, None, 10**9),
            "context": whole(1, 1_000_000, None),
        },
    ),
    # ---- data
    Door(
        datasets.prepare,
        {"melodies": [TUNE], "name": "tunes"},
        {
            "melodies": TUNES,
            "name": A_NAME,
            "seed": Bad(("x", None, 1.5, NAN, True, [1], 2**64), "needs a whole number"),
            "sequence_length": whole(1, 1_000_000, None),
        },
    ),
    Door(datasets.checked_data, {"data": DATA}, {"data": SOME_DATA}),
    Door(
        datasets.save_data, {"path": NOWHERE, "data": DATA}, {"path": A_PATH, "data": other_than_none("x", DATA.train)}
    ),
    Door(datasets.load_data, {"path": NOWHERE}, {"path": A_PATH}),
    Door(
        datasets.split_by_tune,
        {"melodies": [TUNE]},
        {
            "melodies": TUNES,
            "seed": Bad(("x", None, 1.5, NAN, True, [1], 2**64), "needs a whole number"),
            "shares": Bad((None, 5, "x", (0.5, 0.5), (0.5, 0.5, 0.5), (1, 2, 3), ("a", "b", "c"), (NAN, 0.5, 0.5))),
        },
    ),
    Door(datasets.families_of_tunes, {"tunes": [TUNE]}, {"tunes": TUNES}),
    # ---- music
    Door(
        collections.load_collection,
        {"key": "ryans", "cache": NOWHERE},
        {
            "key": Bad((None, 5, "nobody", [1], THING), "There is no collection called", CollectionError),
            "cache": A_PATH,
            "on_progress": a("x"),
        },
    ),
    Door(
        collections.check_collection,
        {"key": "ryans"},
        {"key": Bad((None, 5, "nobody", [1], THING), "There is no collection called", CollectionError)},
    ),
    Door(
        reading.read_file,
        {"name": "a.mid", "data": b"MThd"},
        {
            "name": A_NAME,
            "data": Bad((None, 5, "x", [1], THING)),
            "track": Bad(("x", 1.5, NAN, True, [1], 10**9), "needs a whole number"),
        },
    ),
    Door(
        reading.read_files,
        {"files": []},
        {
            "files": Bad((None, 5, "x", [1], ["ab"], [("a", "b")], [(b"a", b"b")], [("a",)], [(5, b"b")], THING)),
            "on_progress": a("x"),
            "seconds": number(-1),
        },
    ),
    Door(midi.write_midi, {"melody": TUNE}, {"melody": A_TUNE}),
    Door(score.write_musicxml, {"melody": TUNE}, {"melody": A_TUNE}),
    Door(abc_notation.write_abc, {"melody": TUNE}, {"melody": A_TUNE}),
    Door(
        sets.save_music_set,
        {"folder": NOWHERE, "music_set": sets.MusicSet("mine", (TUNE,))},
        {
            "folder": A_PATH,
            "music_set": other_than_none(
                "x",
                *(sets.MusicSet("mine", melodies) for melodies in TUNES.values),
                says="",
            ),
        },
        any=("overwrite",),
    ),
    *(
        Door(
            keep,
            {"folder": NOWHERE, "music_set": sets.MusicSet("mine", (TUNE,))},
            {
                "folder": A_PATH,
                "music_set": other_than_none(
                    "x", *(sets.MusicSet("mine", melodies) for melodies in TUNES.values), says=""
                ),
            },
        )
        for keep in (sets.keep_music_set, sets.under_free_name)
    ),
    Door(sets.load_music_set, {"folder": NOWHERE, "name": "mine"}, {"folder": A_PATH, "name": A_NAME}),
    Door(sets.list_music_sets, {"folder": NOWHERE}, {"folder": A_PATH}),
    Door(sets.delete_music_set, {"folder": NOWHERE, "name": "mine"}, {"folder": A_PATH, "name": A_NAME}),
    Door(
        shelf.keep_melody,
        {"folder": NOWHERE, "melody": TUNE},
        {"folder": A_PATH, "melody": A_TUNE, "made": a("x", [1]), "name": A_NAME},
    ),
    Door(
        shelf.put_back,
        {"folder": NOWHERE, "kept": KEPT, "melody": TUNE},
        {"folder": A_PATH, "kept": A_KEPT, "melody": A_TUNE},
    ),
    Door(shelf.list_melodies, {"folder": NOWHERE}, {"folder": A_PATH}),
    Door(shelf.load_melody, {"folder": NOWHERE, "kept": KEPT}, {"folder": A_PATH, "kept": A_KEPT}),
    Door(
        shelf.rename_melody,
        {"folder": NOWHERE, "kept": KEPT, "name": "mine"},
        {"folder": A_PATH, "kept": A_KEPT, "name": A_NAME},
    ),
    Door(shelf.delete_melody, {"folder": NOWHERE, "kept": KEPT}, {"folder": A_PATH, "kept": A_KEPT}),
    Door(shelf.tidy_name, {}, {"name": A_NAME}),
    # ---- sound and picture
    Door(
        audio.render_audio,
        {"melody": TUNE},
        {
            "melody": A_TUNE,
            "instrument": Bad((None, 5, "kazoo", [1], THING), "There is no instrument called", RenderingError),
            "sample_rate": Bad((None, 0, -1, 10**9, "x", NAN, True, 44_100.5), "cannot be played", RenderingError),
        },
    ),
    Door(
        audio.melody_to_wav,
        {"melody": TUNE},
        {
            "melody": A_TUNE,
            "instrument": Bad((None, 5, "kazoo", [1], THING), "There is no instrument called", RenderingError),
        },
    ),
    *(
        Door(
            to_file,
            {"samples": np.zeros(9, np.float32)},
            {
                "samples": Bad((None, 5, "x", [0.5], np.zeros((2, 2)), np.array(["x"]), np.array([NAN])), ""),
                "sample_rate": whole(4_000, 192_000, None),
            },
        )
        for to_file in (audio.to_wav, audio.to_ogg, audio.to_mp3)
    ),
    Door(
        piano_roll.gather_piano_roll,
        {"melody": TUNE},
        {"melody": A_TUNE, "primer_beats": number(-1)},
    ),
    Door(
        piano_roll.draw_piano_roll,
        {"melody": TUNE},
        {"melody": A_TUNE, "primer_beats": number(-1), "whole_bars": other_than_none("x")},
    ),
    Door(notation.draw_score, {"melody": TUNE}, {"melody": A_TUNE, "width": whole(400, 4_000, None)}),
    Door(notation.draw_sheets, {"melody": TUNE}, {"melody": A_TUNE}),
    # ---- results
    Door(export.best_hyperparameters, {"search": RECORD}, {"search": A_RECORD}),
    Door(export.optimization_results, {"search": RECORD}, {"search": A_RECORD, "now": a("x"), "test": SCORES}),
    Door(
        export.result_files,
        {"search": RECORD, "plot": False},
        {"search": A_RECORD, "test": SCORES},
        any=("plot",),
    ),
    Door(
        export.write_results,
        {"search": RECORD, "folder": NOWHERE},
        {"search": A_RECORD, "folder": A_PATH, "plot": other_than_none("x"), "test": SCORES},
    ),
    Door(export.results_zip, {"search": RECORD}, {"search": A_RECORD, "test": SCORES}),
    Door(report.optimization_report, {"search": RECORD}, {"search": A_RECORD, "now": a("x"), "test": SCORES}),
    Door(markdown.markdown_report, {"search": RECORD}, {"search": A_RECORD, "now": a("x"), "test": SCORES}),
    Door(
        page.report_page,
        {"search": RECORD},
        {"search": A_RECORD, "songs": Bad((None, 5, "x", [1], THING)), "now": a("x"), "test": SCORES},
    ),
    Door(
        report_files.make_report,
        {"search": SEARCH, "kind": "md"},
        {"search": A_SEARCH, "kind": A_KIND, "now": a("x")},
    ),
    Door(
        report_files.write_reports,
        {"search": SEARCH, "kinds": ("md",), "folder": NOWHERE},
        {"search": A_SEARCH, "kinds": Bad((None, 5, "md", ["pdf"], THING)), "folder": A_PATH},
    ),
    Door(plot.history_png, {"search": RECORD}, {"search": A_RECORD}),
    Door(plot.save_optimization_history, {"search": RECORD, "path": NOWHERE}, {"search": A_RECORD, "path": A_PATH}),
    # ---- searching
    Door(
        SPACE,
        {},
        {
            **{name: RANGE for name in inspect.signature(SPACE).parameters if name.endswith("_range")},
            "batch_size_options": Bad((None, 5, "x", [], [0], [1.5], ["x"], [True], [10**9], [16, 16], THING), ""),
            "num_epochs": whole(1, 100_000, None),
        },
    ),
    Door(
        settings.SearchSettings,
        {},
        {
            "space": other_than_none({}),
            "families": Bad((None, 5, "lstm", (), (5,), ("nobody",), THING), ""),
            "n_trials": whole(1, 100_000, None),
            "timeout": number(0, -1, math.inf),
            "seed": whole(0, 2**32 - 1, None),
            "device": other_than_none(),
            "jobs": whole(1, 64, None),
            "transpose": other_than_none("x"),
            "trial_timeout": number(0, -1, math.inf),
            "trial_memory": whole(512, 16 * 2**20),
            "strategy": Bad((None, 5, "best", (), THING), "none"),
            "prune_after": number(-0.1, 1.1),
        },
    ),
    Door(
        HyperparameterOptimizer,
        {"model_class": models.GRUMelodyModel, "workspace": WORKSPACE},
        {
            "model_class": other_than_none("lstm", MODEL),
            "search_space": a({}, "x"),
            "device": DEVICE,
            "output_dir": A_PATH,
            "storage": a(),
            "seed": whole(0, 2**32 - 1, None),
            "sampler": a("x"),
            "pruner": a("x"),
            "strategy": Bad((None, 5, "best", (), THING), "none"),
            "n_jobs": whole(1, 64, None),
            "trial_timeout": number(0, -1, math.inf),
            "trial_memory": whole(512, 16 * 2**20),
            "workspace": a("x", NOWHERE),
        },
        any=("verbose",),
    ),
    Door(
        HyperparameterOptimizer.optimize,
        {"train_data": [[1, 2]], "val_data": [[1, 2]]},
        {
            "train_data": TOKENS,
            "val_data": TOKENS,
            "vocab_size": whole(2, 1_000_000, None, 10**9),
            "sequence_length": whole(1, 1_000_000, None, 10**9),
            "n_trials": whole(1, 100_000),
            "timeout": number(0, -1, math.inf),
            "study_name": A_NAME,
        },
        any=("resume",),
        call=lambda **given: optimizer().optimize(**given),
    ),
    Door(
        HyperparameterOptimizer.run,
        {"search": SEARCH},
        {"search": A_SEARCH, "data": a("x"), "n_trials": whole(1, 100_000), "timeout": number(0, -1, math.inf)},
        call=lambda **given: optimizer().run(**given),
    ),
    Door(
        HyperparameterOptimizer.train_best_model,
        {},
        {
            "train_data": replace(TOKENS, values=TOKENS.values[1:]),
            "val_data": replace(TOKENS, values=TOKENS.values[1:]),
            "num_epochs": whole(1, 100_000),
        },
        call=lambda **given: optimizer().train_best_model(**given),
    ),
    Door(
        HyperparameterOptimizer.plot_optimization_history,
        {},
        {"save_path": A_PATH_OR_NONE},
        call=lambda **given: optimizer().plot_optimization_history(**given),
    ),
    Door(storage.open_database, {"url": "sqlite://"}, {"url": A_NAME}),
    Door(
        catalogue.create_search,
        {
            "name": "mine",
            "data": DATA,
            "settings": settings.SearchSettings(),
            "workspace": WORKSPACE,
            "database": DATABASE,
        },
        {
            "name": A_NAME,
            "data": SOME_DATA,
            "settings": other_than_none({}),
            "workspace": A_WORKSPACE,
            "database": A_DATABASE,
            "baselines": a({}),
            "owner": a("x"),
            "begin_with": a("x"),
        },
    ),
    Door(
        catalogue.open_search,
        {"name": "mine", "workspace": WORKSPACE, "database": DATABASE},
        {"name": A_NAME, "workspace": A_WORKSPACE, "database": A_DATABASE},
    ),
    Door(
        catalogue.list_searches,
        {"workspace": WORKSPACE, "database": DATABASE},
        {"workspace": A_WORKSPACE, "database": A_DATABASE},
    ),
    Door(
        listing.list_studies,
        {"workspace": WORKSPACE, "database": DATABASE},
        {"workspace": A_WORKSPACE, "database": A_DATABASE},
    ),
    Door(catalogue.search_names, {"database": DATABASE}, {"database": other_than_none("x")}),
    Door(catalogue.tidy_name, {"name": "mine"}, {"name": A_NAME}),
    Door(
        catalogue.free_name, {"name": "mine", "database": DATABASE}, {"name": A_NAME, "database": other_than_none("x")}
    ),
    Door(catalogue.rename_search, {"search": SEARCH, "name": "mine"}, {"search": A_SEARCH, "name": A_NAME}),
    Door(catalogue.delete_search, {"search": SEARCH}, {"search": A_SEARCH}),
    Door(
        Remarks.write_note,
        {"text": "swings", "instead_of": WrittenNote()},
        {"text": other_than_none(), "instead_of": other_than_none("x"), "trial": A_TRIAL},
        call=REMARKS.write_note,
    ),
    Door(
        Remarks.star,
        {"is_starred": True, "trial": -1},
        {"is_starred": other_than_none("x"), "trial": A_TRIAL},
        call=REMARKS.star,
    ),
    Door(Remarks.tag, {"trial": -1}, {"added": TAGS, "removed": TAGS, "trial": A_TRIAL}, call=REMARKS.tag),
    Door(labels.tidy_tag, {}, {"tag": other_than_none("", " ", "x" * 41)}),
    Door(bundle.export_search, {"search": SEARCH, "path": NOWHERE}, {"search": A_SEARCH, "path": A_PATH}),
    Door(bundle.export_name, {"search": SEARCH}, {"search": A_SEARCH}),
    Door(
        bundle.import_search,
        {"source": NOWHERE, "workspace": WORKSPACE, "database": DATABASE},
        {
            "source": A_PATH,
            "workspace": A_WORKSPACE,
            "database": A_DATABASE,
            "owner": a("x"),
            "trusts_own_models": other_than_none("x"),
        },
    ),
    # ---- finished models
    Door(final_bundle.final_model, {"search": SEARCH}, {"search": A_SEARCH, "music": a("x")}),
    Door(
        model_bundle.save_model_bundle,
        {"path": NOWHERE, "model": MODEL, "about": ABOUT},
        {"path": A_PATH, "model": A_MODEL, "about": other_than_none({})},
    ),
    Door(model_bundle.load_model_bundle, {"source": NOWHERE}, {"source": A_PATH}),
    Door(model_bundle.check_model_bundle, {"source": NOWHERE}, {"source": A_PATH}),
    Door(model_bundle.bundle_name, {"name": "mine"}, {"name": A_NAME}),
    Door(model_bundle.model_card, {"about": ABOUT}, {"about": other_than_none({})}),
    Door(model_bundle.tune_print, {"melody": TUNE}, {"melody": other_than_none("x")}),
    Door(model_shelf.list_models, {"folder": NOWHERE}, {"folder": A_PATH}),
    Door(model_shelf.bring_model, {"folder": NOWHERE, "source": NOWHERE}, {"folder": A_PATH, "source": A_PATH}),
    Door(
        model_shelf.add_model,
        {"folder": NOWHERE, "model": MODEL, "about": ABOUT},
        {"folder": A_PATH, "model": A_MODEL, "about": other_than_none({})},
    ),
    Door(model_shelf.open_model, {"stored": A_STORED_MODEL}, {"stored": other_than_none("x")}),
    Door(
        model_shelf.rename_model,
        {"stored": A_STORED_MODEL, "name": "mine"},
        {"stored": other_than_none("x"), "name": A_NAME},
    ),
    *(
        Door(of, {"stored": A_STORED_MODEL}, {"stored": other_than_none("x")})
        for of in (
            model_shelf.delete_model,
            model_shelf.keep_tried,
            model_shelf.let_go_of_tried,
            model_shelf.tried_about,
        )
    ),
    # ---- where things are
    Door(Workspace.open, {}, {"root": A_PATH_OR_NONE}),
    Door(Workspace.place, {}, {"root": A_PATH_OR_NONE}),
    Door(Workspace.of, {}, {"person": other_than_none("x")}, call=WORKSPACE.of),
    Door(Workspace.search_folder, {}, {"name": A_NAME}, call=WORKSPACE.search_folder),
    Door(backup.back_up, {"workspace": WORKSPACE, "folder": NOWHERE}, {"workspace": A_WORKSPACE, "folder": A_PATH}),
]


@pytest.mark.parametrize(
    "door, argument", [pytest.param(d, name, id=f"{d.of.__qualname__}-{name}") for d in DOORS for name in d.bad]
)
def test_what_an_argument_cannot_be_is_refused_in_words(door: Door, argument: str) -> None:
    bad = door.bad[argument]
    wrong = {}
    for place, value in enumerate(bad.values):
        try:
            (door.call or door.of)(**{**door.good, argument: value})
            wrong[place] = "it was taken"
        except Exception as error:
            is_named = bad.kind is not SettingsError or str(error).startswith(
                argument if bad.names is None else bad.names
            )
            if not (type(error) is bad.kind and is_named and bad.says in str(error)):
                wrong[place] = repr(error)
    assert not wrong


PUBLIC = [
    "chromasonic.melody_generation.datasets", "chromasonic.melody_generation.generation",
    "chromasonic.melody_generation.hyperparameter_search", "chromasonic.melody_generation.hyperparameter_search.bundle",
    "chromasonic.melody_generation.hyperparameter_search.catalogue",
    "chromasonic.melody_generation.hyperparameter_search.settings",
    "chromasonic.melody_generation.model_bundle", "chromasonic.melody_generation.model_bundle.shelf",
    "chromasonic.melody_generation.hyperparameter_search.final_bundle",
    "chromasonic.melody_generation.models", "chromasonic.melody_generation.training",
    "chromasonic.music", "chromasonic.music.abc_notation", "chromasonic.music.collections", "chromasonic.music.midi",
    "chromasonic.music.reading", "chromasonic.music.score", "chromasonic.music.sets", "chromasonic.music.shelf",
    "chromasonic.operations.backup", "chromasonic.operations.report_files",
    "chromasonic.rendering.audio", "chromasonic.rendering.notation",
    "chromasonic.rendering.piano_roll",
    "chromasonic.results.export", "chromasonic.results.plot", "chromasonic.results.report", "chromasonic.workspace",
]  # fmt: skip
"""The packages, and those of their modules that are used from Python by themselves."""

A_RECORD_ONLY = "a plain record, looked at by whoever is given it"
BEHIND = "stands behind read_file, which looks at its arguments"
NO_DOOR = {
    **dict.fromkeys(("Key", "Melody", "Meter", "Note", "Repeat", "Reading", "Skipped", "Track"), A_RECORD_ONLY),
    **dict.fromkeys(
        ("MusicSet", "MusicSetSummary", "KeptMelody", "Collection", "TuneSplit", "SearchData"), A_RECORD_ONLY
    ),
    **dict.fromkeys(
        ("Device", "EpochProgress", "TargetLosses", "TrainingHistory", "PianoRoll", "RollNote", "Score"),
        A_RECORD_ONLY,
    ),
    **dict.fromkeys(("read_abc", "read_midi", "midi_tracks", "read_score"), BEHIND),
    **dict.fromkeys(("HeldOut", "Lesson", "MusicAbout", "ModelBundle", "StoredModel"), A_RECORD_ONLY),
    "ModelAbout": "looks at its fields itself; tests/melody_generation/model_bundle has the table",
    "licences": "what final_model says about names of collections",
    "saved_music_set": "load_music_set, which looks at its arguments, where a set may be missing",
    "Workspace": "made by Workspace.open and Workspace.place",
    "device_or_cpu": "takes anything, and answers with the processor",
}
"""Public names that have no table, and why."""

WITH_METHODS = (HyperparameterOptimizer, Workspace)


def public_functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for module in map(importlib.import_module, PUBLIC):
        for name in getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")]):
            thing = getattr(module, name)
            is_ours = getattr(thing, "__module__", "").startswith(module.__name__) or hasattr(module, "__all__")
            is_error = inspect.isclass(thing) and issubclass(thing, Exception)
            if is_ours and not is_error and (inspect.isclass(thing) or inspect.isfunction(thing)):
                found[thing.__qualname__] = thing
    for owner in WITH_METHODS:
        methods = (getattr(owner, name) for name in vars(owner) if not name.startswith("_"))
        found |= {method.__qualname__: method for method in methods if callable(method)}
    return found


def arguments(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self"}


def test_every_public_function_has_a_table_or_a_reason() -> None:
    public = {name: function for name, function in public_functions().items() if arguments(function)}
    tabled = {door.of.__qualname__ for door in DOORS}
    assert set(public) - tabled - set(NO_DOOR) == set()
    assert set(NO_DOOR) - set(public) == set()
    assert set(NO_DOOR) & tabled == set()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.of.__qualname__)
def test_every_argument_of_a_public_function_has_a_table(door: Door) -> None:
    assert arguments(door.of) == set(door.bad) | set(door.any)
