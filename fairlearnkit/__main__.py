"""Command line: ``python -m fairlearnkit report --help``."""

import sys

from fairlearnkit._command_line import main

if __name__ == "__main__":
    sys.exit(main())
