"""The wire: the contract as MessagePack-RPC over a process's standard input and output.

    frames      a length and a body
    messages    request, response, notification, and whose fault a wrong one is
    shapes      what an answer must look like, checked before it is believed
    server      any Python engine, answering on this process's stdin and stdout
    process     a candidate's process: bytes to it and from it, within a time
    host        the engine at the other end, restarted after a failure

`docs/protocol.md` says the same for engines in other languages.
"""

from __future__ import annotations
