"""`python -m monitor` is the command `tocsin`."""

from monitor.cli import main

if __name__ == "__main__":
    main()
