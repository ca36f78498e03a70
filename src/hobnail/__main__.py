"""`python -m hobnail`: the same as the `hobnail` command."""

from hobnail.cli.main import main

if __name__ == "__main__":
    main()
