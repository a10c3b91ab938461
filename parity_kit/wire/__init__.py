"""The wire: the contract as MessagePack-RPC over a process's standard input and output.

    frames      a length and a body
    messages    request, response, notification; which side is at fault for a bad one
    shapes      checks the shape of an answer before it is trusted
    schema      the same as JSON Schema, which is published
    features    optional features of the protocol, beyond request and response
    callbacks   runs a node's body or a branch on behalf of an engine
    server      serves any Python engine on this process's stdin and stdout
    checked     checks the types that a Python engine returns
    limits      what a candidate may use
    keeper      a small process that starts a candidate and ends everything it started
    kept        the kit's end of the keeper
    usage       memory, processes and CPU a candidate uses
    process     bytes to and from a candidate, within its limits
    mistakes    recognizes common first mistakes of a candidate and hints at the fix
    exchange    requests, their responses, and the events and callbacks in between
    host        the engine at the other end, restarted after a failure
    session     a subject opened in that engine
    readable    messages as JSON
    log         the conversation as text, for `--trace`

`docs/protocol.md` is the specification for engines in other languages.
"""

from __future__ import annotations
