"""python -m newsroom: the same as the `newsroom` command."""

from newsroom.cli.main import main

main()
