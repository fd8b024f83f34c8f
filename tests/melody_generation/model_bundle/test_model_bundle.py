"""A finished model as one file: it arrives as it left, it sings, and nothing that means harm gets in."""

from __future__ import annotations

import io
import json
import math
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from chromasonic.errors import ChromasonicError, ModelBundleError, ModelError, SettingsError
from chromasonic.languages import speaking
from chromasonic.melody_generation.model_bundle import (
    SUFFIX,
    HeldOut,
    ModelAbout,
    MusicAbout,
    check_model_bundle,
    load_model_bundle,
    model_card,
    save_model_bundle,
    tune_print,
)
from chromasonic.melody_generation.model_bundle.card import written
from chromasonic.melody_generation.model_bundle.shelf import (
    add_model,
    bring_model,
    delete_model,
    keep_tried,
    let_go_of_tried,
    list_models,
    open_model,
    rename_model,
    tried_about,
)
from chromasonic.melody_generation.models import GRUMelodyModel, LSTMMelodyModel
from chromasonic.melody_generation.tokenization import VOCABULARY
from chromasonic.music import Melody, Note
from chromasonic.music.midi import read_midi

ROOT = Path(__file__).parents[3]
STORED = Path(__file__).parent / "data" / f"six-songs-format-1{SUFFIX}"
"""The final model of a real search over six old songs, saved by version 0.1.0: it must open and sing for ever."""

SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY.size, "embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "dropout": 0.0,
}  # fmt: skip
ABOUT = ModelAbout(
    name="Tiny", family="gru", arguments=SIZES, context=32, music=MusicAbout(name="Two songs", n_tunes=2), n_trials=3,
    params={"learning_rate": 0.01, "batch_size": 16.0}, heard=("0123456789abcdef",),
    held_out=HeldOut(n_tunes=12, loss=2.0, low=1.5, high=2.5, ngram=2.5, uniform=4.7),
)  # fmt: skip


@pytest.fixture(scope="module")
def model() -> GRUMelodyModel:
    torch.manual_seed(0)
    return GRUMelodyModel(**SIZES).eval()


@pytest.fixture(scope="module")
def saved(model: GRUMelodyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / f"tiny{SUFFIX}"
    save_model_bundle(path, model, ABOUT)
    return path


def changed(source: Path = STORED, **files: str | bytes | None) -> io.BytesIO:
    """A bundle with some of its files replaced, by name with “__” for the dot; None leaves one out."""
    parts = {name.replace("__", "."): content for name, content in files.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(source) as stored, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in {**dict.fromkeys(stored.namelist()), **parts}:
            content = parts[name] if name in parts else stored.read(name)
            if content is not None:
                archive.writestr(name, content)
    return out


def read(name: str, source: Path = STORED) -> bytes:
    with zipfile.ZipFile(source) as stored:
        return stored.read(name)


def settings(change: Callable[[dict[str, Any]], object]) -> str:
    record = json.loads(read("settings.json"))
    change(record)
    return json.dumps(record)


def weights(change: Callable[[dict[str, torch.Tensor]], object], header: dict[str, Any] | None = None) -> bytes:
    content = read("model.safetensors")
    tensors = load_tensors(content)
    change(tensors)
    length = int.from_bytes(content[:8], "little")
    said = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["chromasonic"])
    return save_tensors(tensors, {"chromasonic": json.dumps(header or said)})


def test_what_is_saved_comes_back(saved: Path, model: GRUMelodyModel) -> None:
    bundle = load_model_bundle(saved)
    assert bundle.about == ABOUT
    tokens = torch.tensor([[0, 40, 95, 41]])
    assert torch.equal(bundle.model(tokens), model(tokens))
    assert check_model_bundle(saved) == ABOUT


def test_it_holds_what_it_promises_and_no_tune(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        assert set(archive.namelist()) == {
            "model.safetensors", "settings.json", "vocabulary.json", "music.json", "model_card.md", "example.py",
        }  # fmt: skip
    assert json.loads(read("vocabulary.json", saved))["tokens"][VOCABULARY.pitch_ids.start + 39] == "C4"
    assert set(json.loads(read("music.json"))) == {"name", "fingerprint", "n_tunes", "sources", "licences", "heard"}


@pytest.mark.parametrize("is_unpacked", [True, False], ids=["unpacked", "beside the file"])
def test_the_example_runs_as_it_stands(is_unpacked: bool, tmp_path: Path) -> None:
    with zipfile.ZipFile(STORED) as archive:
        if is_unpacked:
            archive.extractall(tmp_path)
        else:
            archive.extract("example.py", tmp_path)
            (tmp_path / STORED.name).write_bytes(STORED.read_bytes())
    assert len((tmp_path / "example.py").read_text(encoding="utf-8").splitlines()) <= 12
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert len(read_midi((tmp_path / "new-melody.mid").read_bytes(), "new-melody.mid").notes) > 4


def test_the_file_of_the_first_format_opens_and_sings() -> None:
    bundle = load_model_bundle(STORED)
    assert bundle.about.name == "Six songs" and bundle.about.music.n_tunes == 6
    (melody,) = bundle.sing(seed=7)
    assert melody == bundle.sing(seed=7)[0] and len(melody.notes) > 8
    assert melody.bars == bundle.about.bars


def test_the_card_says_in_plain_words_what_one_must_know() -> None:
    card = model_card(ABOUT)
    for said in ("Two songs", "2 tunes", "**2.00**", "from 1.50 to 2.50", "n-gram*): 2.50", "**before**", "no score"):
        assert said in card
    assert "not tested" in model_card(replace(ABOUT, held_out=None))
    assert "Counting alone does better" in model_card(replace(ABOUT, held_out=HeldOut(n_tunes=12, loss=2.0, ngram=1.9)))
    assert "nobody can tell" in model_card(replace(ABOUT, held_out=HeldOut(n_tunes=3, loss=2.0)))


def test_the_card_on_a_page_has_the_numbers_days_and_signs_of_its_language() -> None:
    about = replace(ABOUT, created="2026-11-05T14:05:00+00:00", search="Evening", n_trials=3)
    with speaking("de"):
        card = written(about, str)
    assert "Chromasonic am 05.11.2026." in card and "Die Suche „Evening“: 3 Versuche" in card
    assert "**2,00**" in card and "(Lernrate): 0,01" in card
    with speaking("fr"):
        assert "\u202f: 0,01" in written(about, str)
    assert "on 5 Nov 2026." in model_card(about) and "(learning rate): 0.01" in model_card(about)


def test_names_are_no_markup_on_the_card() -> None:
    card = model_card(replace(ABOUT, name="<b>x</b> ![a](http://b)", music=MusicAbout(name="`*x*`", n_tunes=1)))
    assert "\\<b\\>x\\</b\\> \\!\\[a\\]\\(http\\://b\\)" in card and "\\`\\*x\\*\\`" in card


def test_a_print_knows_a_tune_in_any_key_and_no_other() -> None:
    tune = Melody((Note(0, 1, 60), Note(1, 1, 62), Note(2, 0.5, 64)))
    assert tune_print(tune) == tune_print(tune.transposed(5))
    assert tune_print(tune) != tune_print(replace(tune, notes=tune.notes[:2]))


def test_a_model_that_is_not_what_is_said_of_it_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a LSTMMelodyModel"):
        save_model_bundle(tmp_path / "x", LSTMMelodyModel(**SIZES), ABOUT)
    with pytest.raises(ModelError, match="not the one"):
        save_model_bundle(tmp_path / "x", GRUMelodyModel(**SIZES | {"hidden_size": 16}), ABOUT)
    assert list(tmp_path.iterdir()) == []


WRONG_SETTINGS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a newer version": (lambda s: s.update(format=2), "newer Chromasonic"),
    "no version": (lambda s: s.pop("format"), "which format"),
    "version is true": (lambda s: s.update(format=True), "which format"),
    "family of one's own": (lambda s: s.update(family="os:system"), "family"),
    "sizes beyond measure": (lambda s: s["arguments"].update(hidden_size=10**9), "hidden_size"),
    "a size that is no number": (lambda s: s["arguments"].update(num_layers="1"), "num_layers"),
    "other sizes than the weights": (lambda s: s["arguments"].update(dropout=0.25), "settings say"),
    "another vocabulary size": (lambda s: s["arguments"].update(vocab_size=5), "vocab_size"),
    "an unknown setting": (lambda s: s.update(run="rm"), "not part of"),
    "a name that is none": (lambda s: s.update(name=["x"]), "name"),
    "an endless name": (lambda s: s.update(name="x" * 5000), "name"),
    "a name with a line break": (lambda s: s.update(name="a\nb"), "line break"),
    "a loss that is no number": (lambda s: s["held_out"].update(loss="low"), "loss"),
    "a meter of thirds": (lambda s: s.update(meter=[4, 3]), "meter"),
    "no temperature": (lambda s: s.update(temperature=0), "temperature"),
    "a moment that is none": (lambda s: s.update(created="yesterday"), "created"),
    "a lesson that is none": (lambda s: s.update(lessons=[5]), "lesson"),
}


@pytest.mark.parametrize("change, says", WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_settings_that_are_none_are_refused_in_words(change: Callable[[dict[str, Any]], object], says: str) -> None:
    with pytest.raises(ModelBundleError, match=says):
        load_model_bundle(changed(settings__json=settings(change)))


def _first(tensors: dict[str, torch.Tensor]) -> str:
    return next(iter(tensors))


WRONG_FILES: dict[str, tuple[Callable[[], io.BytesIO], str]] = {
    "no weights": (lambda: changed(model__safetensors=None), "no model from Chromasonic"),
    "no vocabulary": (lambda: changed(vocabulary__json=None), "vocabulary.json is missing"),
    "a file more": (lambda: changed(**{"../evil__py": b"x"}), "refused"),
    "weights that are no file": (lambda: changed(model__safetensors=b"cut short"), "damaged"),
    "a layer less": (lambda: changed(model__safetensors=weights(lambda t: t.pop(_first(t)))), "another model"),
    "a layer of another shape": (
        lambda: changed(model__safetensors=weights(lambda t: t.update({_first(t): torch.zeros(3, 3)}))),
        "another model",
    ),
    "whole numbers for weights": (
        lambda: changed(model__safetensors=weights(lambda t: t.update({_first(t): t[_first(t)].to(torch.int64)}))),
        "numbers of a kind",
    ),
    "weights that are not numbers": (
        lambda: changed(model__safetensors=weights(lambda t: t[_first(t)].fill_(math.nan))),
        "no numbers",
    ),
    "weights that say they are another's": (
        lambda: changed(model__safetensors=weights(lambda t: None, {"family": "rnn", "arguments": {}})),
        "how its model is built",
    ),
    "another vocabulary": (
        lambda: changed(vocabulary__json=read("vocabulary.json").replace(b"C4", b"H4")),
        "another vocabulary",
    ),
    "JSON beyond depth": (lambda: changed(music__json=b"[" * 100_000), "music.json cannot be read"),
    "JSON with NaN": (lambda: changed(settings__json=b'{"format": NaN}'), "settings.json cannot be read"),
    "a music that is a list": (lambda: changed(music__json=b"[]"), "music.json cannot be read"),
    "prints that are tunes": (lambda: changed(music__json=b'{"name": "x", "heard": ["do re mi"]}'), "prints"),
    "a bomb": (lambda: changed(settings__json=b" " * (2 << 20)), "larger than any"),
    "an empty file": (lambda: io.BytesIO(b""), "no model from Chromasonic"),
    "a MIDI file": (lambda: io.BytesIO(b"MThd and so on"), "no model from Chromasonic"),
    "cut short": (lambda: io.BytesIO(STORED.read_bytes()[:5000]), "whole archive"),
}


@pytest.mark.parametrize("make, says", WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_file_that_is_none_is_refused_in_words(make: Callable[[], io.BytesIO], says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelBundleError, match=says):
        bring_model(tmp_path / "models", make())
    assert not (tmp_path / "models").exists()


def test_no_file_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    for nothing in (tmp_path / "nothing", tmp_path):
        with pytest.raises(ModelBundleError):
            load_model_bundle(nothing)


def mutants(kind: str, many: int) -> Iterator[bytes]:
    """The stored bundle, changed at random: its bytes, or one value of its JSON."""
    original = STORED.read_bytes()
    for number in range(many):
        chance = random.Random(number)
        if kind == "bytes":
            data = bytearray(original)
            for _ in range(chance.choice([1, 3, 30])):
                data[chance.randrange(len(data))] = chance.randrange(256)
            yield bytes(data[: chance.choice([len(data), len(data), chance.randrange(len(data))])])
        else:
            name = chance.choice(["settings.json", "music.json", "vocabulary.json"])
            record = json.loads(read(name))
            _change_one(record, chance)
            yield changed(**{name.replace(".", "__"): json.dumps(record)}).getvalue()


def _change_one(record: Any, chance: random.Random) -> None:
    odd = [None, True, -1, 0, 1.5, 10**30, 1e308, "", "x" * 20_000, "\ud800", [], {}, [[]], {"x": 1}]
    while True:
        keys = list(record) if isinstance(record, dict) else list(range(len(record)))
        key = chance.choice(keys)
        if isinstance(record[key], dict | list) and record[key] and chance.random() < 0.6:
            record = record[key]
            continue
        if isinstance(record, dict) and chance.random() < 0.2:
            del record[key]
        else:
            record[key] = chance.choice(odd)
        return


@pytest.mark.parametrize("kind", ["bytes", "values"])
@pytest.mark.parametrize("many", [60, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_changed_bundle_sings_or_is_refused_in_words(kind: str, many: int) -> None:
    told = {"sings": 0, "refused": 0}
    for data in mutants(kind, many):
        try:
            bundle = load_model_bundle(io.BytesIO(data))
            model_card(bundle.about)
            bundle.usual()
            told["sings"] += 1
        except ModelBundleError as error:
            assert len(str(error)) < 1500
            told["refused"] += 1
    assert told["refused"] > many // 10


# ---- the models of a workspace ---------------------------------------------------------------------------------------


def test_a_model_is_brought_renamed_and_deleted(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    first, second = bring_model(folder, saved), bring_model(folder, saved)
    assert [model.name for model in list_models(folder)] == ["Tiny", "Tiny (2)"]
    with pytest.raises(ModelBundleError, match="Another of your models"):
        rename_model(second, "Tiny")
    with pytest.raises(SettingsError):
        rename_model(second, " ")
    renamed = rename_model(second, "<b>Little</b>")
    assert renamed.id == second.id and open_model(renamed).about.name == "<b>Little</b>"
    delete_model(first)
    assert [model.name for model in list_models(folder)] == ["<b>Little</b>"]
    with pytest.raises(ChromasonicError):
        open_model(first)


def test_new_weights_wait_until_they_are_kept(saved: Path, model: GRUMelodyModel, tmp_path: Path) -> None:
    stored = bring_model(tmp_path, saved)
    torch.manual_seed(1)
    other = GRUMelodyModel(**SIZES).eval()
    tokens = torch.tensor([[0, 40, 95]])
    assert tried_about(stored) is None
    save_model_bundle(stored.tried, other, replace(ABOUT, bars=8))
    assert [one.id for one in list_models(tmp_path)] == [stored.id]
    assert torch.equal(open_model(stored).model(tokens), model(tokens))
    kept = keep_tried(rename_model(stored, "Mine"))
    assert kept.name == "Mine" and kept.about and kept.about.bars == 8
    assert torch.equal(open_model(kept).model(tokens), other(tokens))
    assert tried_about(kept) is None
    save_model_bundle(stored.tried, model, ABOUT)
    let_go_of_tried(stored)
    assert torch.equal(open_model(kept).model(tokens), other(tokens))


def test_a_damaged_model_is_listed_and_can_be_deleted(tmp_path: Path, model: GRUMelodyModel) -> None:
    stored = add_model(tmp_path, model, ABOUT)
    stored.path.write_bytes(b"PK, and then the disk was full")
    (damaged,) = list_models(tmp_path)
    assert damaged.about is None
    delete_model(damaged)
    assert list_models(tmp_path) == []
