"""The one door to PyTorch, which only this sub-package needs."""


def load_torch(what="ParityEncoder"):
    """PyTorch, or a message that tells how to install it.

    Parameters
    ----------
    what : str, default="ParityEncoder"
        What needs it.

    Returns
    -------
    torch : module

    Raises
    ------
    ImportError
        PyTorch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        msg = (
            f"{what} needs PyTorch, which is not installed (optional extra 'torch'). "
            "Without a GPU: pip install torch --index-url "
            "https://download.pytorch.org/whl/cpu, or where only PyPI is at hand, pip "
            "install torch==2.13.0. With one: pip install 'fairlearnkit[torch]'."
        )
        raise ImportError(msg) from error
    return torch
