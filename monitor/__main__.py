"""The command `tocsin`, which is `python -m monitor` too.

Its worker processes import this again: the command line is imported when it is called.
"""

from monitor import cli


def main() -> None:
    """Run the command line."""
    cli.main()


if __name__ == "__main__":
    main()
