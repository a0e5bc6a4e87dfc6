"""A topic's references with every shape in their annotations checked: `annotated(recurrent).rnn_forward`."""

import inspect
from types import ModuleType, SimpleNamespace

import jaxtyping
from beartype import beartype


def annotated(module: ModuleType) -> SimpleNamespace:
    """The functions that the module defines itself."""
    return SimpleNamespace(
        **{
            name: jaxtyping.jaxtyped(function, typechecker=beartype)
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith("_")
        }
    )
