"""Encoders: the default network, a user's module, and how they transform rows."""

import copy
from functools import partial
from itertools import pairwise
from numbers import Integral

import numpy as np

from ._torch import load_torch

# Rows that a module transforms at a time. Doubled, the memory of its hidden layers
# doubles; with thousands of rows a call, its overhead does not matter.
ROWS_PER_CALL = 8192


def module_factory(module, n_features, hidden_layer_sizes, n_components):
    """Function that makes the encoder to train.

    Parameters
    ----------
    module : torch.nn.Module or None
        A user's module, which is copied; None for the default network.
    n_features, n_components : int
        Inputs and outputs of the default network.
    hidden_layer_sizes : int or sequence of int
        Units of its hidden layers.

    Returns
    -------
    make_module : callable

    Raises
    ------
    ValueError
        `module` is not a torch module, or sizes are not positive integers.
    """
    if module is not None:
        if not isinstance(module, load_torch().nn.Module):
            msg = f"module={module!r} is not an instance of torch.nn.Module."
            raise ValueError(msg)
        return partial(copy.deepcopy, module)
    sizes = np.atleast_1d(hidden_layer_sizes).tolist()
    if any(not isinstance(size, Integral) or size < 1 for size in sizes):
        msg = (
            f"hidden_layer_sizes={hidden_layer_sizes!r} must hold positive integers; "
            "() is a linear encoder."
        )
        raise ValueError(msg)
    return partial(default_module, n_features, sizes, n_components)


def default_module(n_features, hidden_layer_sizes, n_components):
    """Linear layers with ReLU between them.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    n_components : int
        Number of outputs.

    Returns
    -------
    module : torch.nn.Sequential
    """
    nn = load_torch().nn
    layers = []
    for n_in, n_out in pairwise([n_features, *hidden_layer_sizes, n_components]):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def output_width(module, X):
    """Number of components that a module returns, from two rows.

    Parameters
    ----------
    module : torch.nn.Module
        A module on the device of X; it is left in evaluation mode.
    X : tensor of shape (n_samples, n_features)
        At least two rows.

    Returns
    -------
    n_components : int

    Raises
    ------
    ValueError
        The module does not take X or returns something else than features.
    """
    torch = load_torch()
    module.eval()
    try:
        with torch.no_grad():
            Z = module(X[:2].clone())
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        msg = f"module cannot take an input of shape {tuple(X[:2].shape)}: {reason}."
        raise ValueError(msg) from error
    if not torch.is_tensor(Z) or Z.ndim != 2 or len(Z) != 2 or not Z.shape[1]:
        returned = tuple(Z.shape) if torch.is_tensor(Z) else type(Z).__name__
        msg = (
            f"module returned {returned} for an input of shape {tuple(X[:2].shape)}; "
            "it must return a tensor of shape (n_samples, n_components)."
        )
        raise ValueError(msg)
    return Z.shape[1]


def linear_arrays(layer):
    """Weights of shape (n_inputs, n_outputs) and biases of a linear layer, float64."""
    weight, bias = (p.detach().numpy().astype(np.float64) for p in layer.parameters())
    return weight.T.copy(), bias


def layer_arrays(network, center, scale):
    """Weights and biases of each layer of the default network.

    The first layer absorbs the scaling of the inputs: with z = (x - center) / scale,
    W'z + b = (W / scale)'x + b - (W / scale)'center.

    Parameters
    ----------
    network : torch.nn.Sequential
        A trained `default_module`.
    center, scale : ndarray of shape (n_features,)
        Scaling of its inputs; an infinite scale gives the weight 0.

    Returns
    -------
    coefs, intercepts : list of ndarray
    """
    layers = [linear_arrays(layer) for layer in network if hasattr(layer, "weight")]
    coefs, intercepts = (list(parts) for parts in zip(*layers))
    coefs[0] = coefs[0] / scale[:, None]
    intercepts[0] = intercepts[0] - center @ coefs[0]
    return coefs, intercepts


def transform_by_layers(X, coefs, intercepts):
    """Output of the default network in numpy, of shape (n_samples, n_components)."""
    Z = X.astype(np.float64, copy=False)
    for k, (coef, intercept) in enumerate(zip(coefs, intercepts)):
        Z = (np.maximum(Z, 0.0) if k else Z) @ coef + intercept
    return Z.astype(X.dtype, copy=False)


def transform_by_module(X, module, n_components):
    """Output of a module on the CPU, of shape (n_samples, n_components)."""
    torch = load_torch()
    Z = np.empty((len(X), n_components), dtype=X.dtype)
    with torch.no_grad():
        for start in range(0, len(X), ROWS_PER_CALL):
            rows = slice(start, start + ROWS_PER_CALL)
            block = torch.tensor(X[rows], dtype=torch.float32, device="cpu")
            Z[rows] = module(block).numpy()
    return Z
