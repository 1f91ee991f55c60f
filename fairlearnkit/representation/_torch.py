"""The only place where PyTorch is imported; no other sub-package needs it."""


def load_torch():
    """Import PyTorch, or raise an error that says how to install it.

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
