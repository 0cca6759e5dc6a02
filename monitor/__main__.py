"""The command `tocsin`, which is `python -m monitor` too.

Its worker processes import this again: the command line is imported when it is called.
"""

import gc

from monitor import cli


def main() -> None:
    """Run the command line. Python ends without a look through all that a monitor made: 0.15 s."""
    try:
        cli.main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
