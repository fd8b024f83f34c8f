"""A training that rested and went on is the training it would have been in one go, bit for bit."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor, nn

from chromasonic.errors import CheckpointError, WorkspaceError
from chromasonic.melody_generation.augmentation import transpose_phrases
from chromasonic.melody_generation.models import MODEL_FAMILIES
from chromasonic.melody_generation.training import Corpus, TrainingConfig, build_model, train
from chromasonic.melody_generation.training.checkpoints import HEADER
from chromasonic.melody_generation.training.loop import Training
from chromasonic.melody_generation.training.resting import _check_sum, restore_training, save_training

KEYS = 88
TUNE = [40, 42, 44, 45, 47, 49, 51, 47, 44, 40, 44, 42, 40]
TUNES = Corpus([TUNE[start:] + TUNE for start in range(8)], context=16, vocab_size=KEYS)
OTHERS = Corpus([TUNE[::-1], TUNE[3:]], context=16, vocab_size=KEYS)
ARCHITECTURE = {"embedding_dim": 16, "hidden_size": 32, "num_layers": 2, "dropout": 0.3}
CONFIG = TrainingConfig(epochs=8, learning_rate=2e-2, batch_size=4, patience=8)
OF = {"music": "a test", "family": "lstm"}


class NextNoteRNN(nn.Module):
    """A model as users write them: one answer, a weight used twice, one never used, statistics that count along."""

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_size: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.RNN(embedding_dim, embedding_dim, batch_first=True)
        self.norm = nn.BatchNorm1d(embedding_dim)
        self.out = nn.Linear(embedding_dim, vocab_size)
        self.out.weight = self.embedding.weight
        self.forgotten = nn.Linear(2, 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.norm(self.rnn(self.embedding(x))[0][:, -1])))


def begun(family: str = "lstm", config: TrainingConfig = CONFIG, tunes: Corpus = TUNES) -> Training:
    model_class = MODEL_FAMILIES.get(family, NextNoteRNN)
    model = build_model(model_class, KEYS, ARCHITECTURE, seed=0, device=torch.device("cpu"))
    return Training(model, tunes, OTHERS, config, augment=transpose_phrases)


def run(training: Training, epochs: int = 100) -> Training:
    for _ in range(epochs):
        if training.is_done:
            break
        training.run_epoch()
    return training


def losses(training: Training) -> list[tuple[float, float]]:
    return [(epoch.train_loss, epoch.validation_loss) for epoch in training.history.epochs]


def weights(training: Training) -> bytes:
    training.give_best_weights()
    return safetensors.torch.save({name: tensor.clone() for name, tensor in training.model.state_dict().items()})


@pytest.fixture
def rested(tmp_path: Path) -> Path:
    """Where a training of three epochs rests."""
    save_training(tmp_path / "rests.safetensors", run(begun(), 3), OF)
    return tmp_path / "rests.safetensors"


@pytest.mark.parametrize("family", [*MODEL_FAMILIES, "one of a user's own"])
def test_rests_change_nothing(family: str, tmp_path: Path) -> None:
    in_one_go = run(begun(family))
    path = tmp_path / "deeper" / "rests.safetensors"
    torch.manual_seed(7)
    save_training(path, run(begun(family), 3), OF)
    torch.manual_seed(8)  # what the caller draws between has no part in it
    for epochs in (1, 100):
        training = begun(family)
        restore_training(path, training, OF)
        run(training, epochs)
        save_training(path, training, OF)
    assert losses(training) == losses(in_one_go)
    assert len(losses(training)) == 8
    assert weights(training) == weights(in_one_go)


def test_the_scale_of_half_precision_goes_on_where_it_was(tmp_path: Path) -> None:
    def scaled() -> Training:
        training = begun()
        training.scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=5)  # on the card it is its own
        return training

    save_training(tmp_path / "rests.safetensors", run(scaled(), 3), OF)
    training = scaled()
    restore_training(tmp_path / "rests.safetensors", training, OF)
    in_one_go = run(scaled())
    run(training)
    assert training.scaler.get_scale() > 8
    assert training.scaler.state_dict() == in_one_go.scaler.state_dict()
    assert weights(training) == weights(in_one_go)
    with pytest.raises(CheckpointError):
        restore_training(tmp_path / "rests.safetensors", begun(), OF)


def test_a_training_is_what_train_does() -> None:
    model = begun().model
    history = train(model, TUNES, OTHERS, CONFIG, augment=transpose_phrases)
    training = run(begun())
    assert losses(training) == [(epoch.train_loss, epoch.validation_loss) for epoch in history.epochs]
    assert weights(training) == safetensors.torch.save(dict(model.state_dict()))


def test_another_process_goes_on_bit_for_bit(rested: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import test_resting as t\n"
        "path = Path(sys.argv[1]); training = t.begun()\n"
        "t.restore_training(path, training, t.OF); t.run(training); t.save_training(path, training, t.OF)\n"
    )
    threads = torch.get_num_threads()
    in_one_go = run(begun())
    subprocess.run(
        [sys.executable, "-c", f"import torch; torch.set_num_threads({threads})\n{script}", str(rested)],
        check=True,
        timeout=120,
        env={"PYTHONPATH": ":".join([str(Path(__file__).parent), *sys.path])},
    )
    training = begun()
    restore_training(rested, training, OF)
    assert training.is_done
    assert losses(training) == losses(in_one_go)
    assert weights(training) == weights(in_one_go)


class Scripted(nn.Module):
    """Has, whenever it is validated on the tune 0 1, the next loss of a table; its place travels with the weights."""

    def __init__(self, table: list[float]) -> None:
        super().__init__()
        self.register_buffer("table", torch.tensor([1.0, *table]))  # the first is for the look at its answer
        self.register_buffer("validations", torch.tensor(-1))
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, tokens: Tensor) -> Tensor:
        score = self.weight
        if not self.training:
            self.validations += 1
            score = -self.table[self.validations].expm1().log() + 0 * self.weight
        return torch.stack([torch.zeros_like(score), score]).expand(*tokens.shape, 2)


@pytest.mark.parametrize("rest_after", [1, 2, 3, 4, 5])
def test_patience_goes_on_where_it_was(rest_after: int, tmp_path: Path) -> None:
    table = [0.5, 0.4, 0.6, 0.7, 0.8, 0.1]
    two_tokens = Corpus([[0, 1]], context=2, vocab_size=2)

    def scripted() -> Training:
        return Training(Scripted(table), two_tokens, two_tokens, TrainingConfig(epochs=6, patience=3))

    path = tmp_path / "rests.safetensors"
    save_training(path, run(scripted(), rest_after), OF)
    training = scripted()
    restore_training(path, training, OF)
    run(training)
    assert [round(epoch.validation_loss, 5) for epoch in training.history.epochs] == table[:5]
    training.give_best_weights()
    assert int(training.model.validations) == 2  # those of the best epoch, before or after the rest


def test_the_file_holds_what_the_note_says(rested: Path) -> None:
    training = run(begun(), 3)
    best_is_last = training.history.best.epoch == 3
    names = list(training.model.state_dict())
    n_parameters = len(list(training.model.parameters()))
    expected = {f"now.{name}" for name in names} | {"order", "chance.cpu"}
    expected |= {f"adamw.{n}.{what}" for n in range(n_parameters) for what in ("exp_avg", "exp_avg_sq", "step")}
    expected |= set() if best_is_last else {f"best.{name}" for name in names}
    with safe_open(rested, framework="pt") as file:
        assert set(file.keys()) == expected
        header = json.loads(file.metadata()[HEADER])
    assert [epoch[:2] for epoch in header["epochs"]] == [list(pair) for pair in losses(training)]
    assert header["of"]["torch"] == torch.__version__


def test_a_byte_that_changed_anywhere_is_noticed(rested: Path) -> None:
    content = rested.read_bytes()
    for place in [0, 7, 8, 20, *range(100, len(content), len(content) // 60), len(content) - 1]:
        damaged = bytearray(content)
        damaged[place] ^= 0b100
        rested.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            restore_training(rested, begun(), OF)
    rested.write_bytes(content)
    restore_training(rested, begun(), OF)


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"\xff" * 64, b"no numbers at all", "half", "longer"])
def test_what_is_no_whole_file_is_told(rested: Path, content: bytes | str) -> None:
    whole = rested.read_bytes()
    rested.write_bytes({"half": whole[: len(whole) // 2], "longer": whole + b"\0"}.get(content, content))
    with pytest.raises(CheckpointError, match=r"rests.safetensors is damaged"):
        restore_training(rested, begun(), OF)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"rests.safetensors is not there"):
        restore_training(tmp_path / "rests.safetensors", begun(), OF)


@pytest.mark.parametrize(
    "training, of",
    [
        (begun(), {**OF, "music": "another"}),
        (begun(), {}),
        (begun(config=replace(CONFIG, epochs=9)), OF),
        (begun(config=replace(CONFIG, learning_rate=1e-3)), OF),
        (begun(config=replace(CONFIG, patience=3)), OF),
        (begun(tunes=OTHERS), OF),
        (begun("gru"), OF),
        (begun("one of a user's own"), OF),
    ],
    ids=["other music", "nothing", "epochs", "rate", "patience", "fewer steps", "family", "own model"],
)
def test_a_file_of_another_training_is_refused(rested: Path, training: Training, of: dict[str, str]) -> None:
    with pytest.raises(CheckpointError):
        restore_training(rested, training, of)


def forged(path: Path, tensors: dict[str, Tensor | None], **header: object) -> None:
    """Write the file anew with other tensors (None: without) and another header, and a check sum that is right."""
    with safe_open(path, framework="pt") as file:
        settings = json.loads(file.metadata()[HEADER])
    merged = {**safetensors.torch.load(path.read_bytes()), **tensors}
    kept = {name: tensor for name, tensor in merged.items() if tensor is not None}
    text = json.dumps({name: value for name, value in {**settings, **header}.items() if value != "nothing"})
    path.write_bytes(safetensors.torch.save(kept, {HEADER: text, "crc32": _check_sum(text, kept)}))


@pytest.mark.parametrize("name, other", [("torch", "1.0.0"), ("device", "cuda"), ("format", 2)])
def test_a_file_of_another_version_or_device_is_refused(rested: Path, name: str, other: object) -> None:
    with safe_open(rested, framework="pt") as file:
        described = json.loads(file.metadata()[HEADER])["of"]
    forged(rested, {}, of={**described, name: other})
    with pytest.raises(CheckpointError, match="of another training"):
        restore_training(rested, begun(), OF)


@pytest.mark.parametrize(
    "tensors, header",
    [
        ({"now.weight": torch.zeros(3)}, {}),
        ({"order": None}, {}),
        ({"order": torch.zeros(3, dtype=torch.uint8)}, {}),
        ({"chance.cpu": torch.full((5056,), 255, dtype=torch.uint8)}, {}),
        ({"order": torch.full((5056,), 255, dtype=torch.uint8)}, {}),
        ({"chance.cuda": torch.zeros(16, dtype=torch.uint8)}, {}),
        ({"adamw.0.step": torch.zeros(2)}, {}),
        ({"adamw.99.step": torch.zeros(())}, {}),
        ({"scaler": torch.zeros(2)}, {}),
        ({}, {"epochs": []}),
        ({}, {"epochs": [[1.0, 1.0, 1.0]] * 9}),
        ({}, {"epochs": [[1.0, 1.0]]}),
        ({}, {"epochs": [[1.0, "nan", 1.0]]}),
        ({}, {"epochs": [[1.0, float("nan"), 1.0]]}),
        ({}, {"epochs": [[1.0, 10**400, 1.0]]}),
        ({}, {"epochs": [[1.0, True, 1.0]]}),
        ({}, {"epochs": {"1": 2}}),
        ({}, {"epochs": None}),
        ({}, {"epochs": "nothing"}),
        ({}, {"of": "nothing"}),
        ({}, {"of": [[[]]]}),
    ],
)
def test_what_a_file_claims_is_checked(
    rested: Path, tensors: dict[str, Tensor | None], header: dict[str, object]
) -> None:
    forged(rested, {})
    restore_training(rested, begun(), OF)  # a forger can go this far
    forged(rested, tensors, **header)
    with pytest.raises(CheckpointError):
        restore_training(rested, begun(), OF)


def test_where_nothing_can_be_written_the_older_file_stays(rested: Path) -> None:
    with pytest.raises(WorkspaceError, match="could not be written"):
        save_training(rested / "beneath a file", run(begun(), 1), OF)
    restore_training(rested, begun(), OF)


def test_a_state_is_a_copy() -> None:
    training = run(begun(), 2)
    state = training.state()
    before = {name: tensor.clone() for name, tensor in state.tensors.items()}
    run(training)
    assert all(torch.equal(state.tensors[name], tensor) for name, tensor in before.items())
