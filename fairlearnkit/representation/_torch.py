"""The one door to PyTorch, which only this sub-package needs."""


def load_torch():
    """PyTorch, or a message that tells how to install it.

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
            "ParityEncoder needs PyTorch, which is not installed. Without a GPU: pip "
            "install torch==2.13.0, with --index-url "
            "https://download.pytorch.org/whl/cpu where that is not the CPU build. "
            "With one: pip install 'fairlearnkit[torch]'."
        )
        raise ImportError(msg) from error
    return torch
