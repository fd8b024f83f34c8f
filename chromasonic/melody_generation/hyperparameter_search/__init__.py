"""Search for the training settings that suit a corpus. Start reading at `optimizer.py`, then `runner.py`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .optimizer import HyperparameterOptimizer
    from .space import HyperparameterSearchSpace

__all__ = ["HyperparameterOptimizer", "HyperparameterSearchSpace"]


def __getattr__(name: str) -> Any:
    """Load the front door when somebody comes in: it brings torch, for which those who only watch need not wait."""
    if name == "HyperparameterOptimizer":
        from .optimizer import HyperparameterOptimizer

        return HyperparameterOptimizer
    if name == "HyperparameterSearchSpace":
        from .space import HyperparameterSearchSpace

        return HyperparameterSearchSpace
    raise AttributeError(name)
