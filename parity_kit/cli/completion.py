"""`parity-kit completion`: the script that lets a shell complete commands and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from parity_kit.contract.errors import UsageError

_PROGRAM = "parity-kit"
_VARIABLE = "_PARITY_KIT_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and names.

    \b
      bash  eval "$(parity-kit completion bash)"      in ~/.bashrc
      zsh   eval "$(parity-kit completion zsh)"       in ~/.zshrc, after compinit
      fish  parity-kit completion fish | source       in ~/.config/fish/config.fish

    Names of candidates, corpora, suites, cases and runs come from the current workspace. Bash must
    be 4.4 or later.
    """  # noqa: D301  # click wants the backspace itself
    kind = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    if kind is None:
        raise UsageError(f"click completes nothing in {shell}", hint="pip install --upgrade click")
    click.echo(kind(root, {}, _PROGRAM, _VARIABLE).source())
