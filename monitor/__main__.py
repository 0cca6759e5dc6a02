"""The command `tocsin`, which is `python -m monitor` too.

Its worker processes import this again: the command line is imported when it is called.
"""


def main() -> None:
    """Run the command line."""
    from monitor import cli

    cli.main()


if __name__ == "__main__":
    main()
