"""The wire: the contract as MessagePack-RPC over a process's standard input and output.

    frames      a length and a body
    messages    request, response, notification, and whose fault a wrong one is
    shapes      what an answer must look like, checked before it is believed
    schema      the same as JSON Schema, which is published
    features    what the kit can do for an engine beyond taking its answers
    callbacks   a node's body or a branch that an engine asks the kit to run
    server      any Python engine, answering on this process's stdin and stdout
    limits      what a candidate may take
    keeper      a small process that starts a candidate's, and ends with it all that it started
    kept        that process as the kit sees it
    usage       what it takes of the machine
    process     bytes to it and from it, within its limits
    exchange    requests to one process and their answers, and what is asked and told meanwhile
    host        the engine at the other end, restarted after a failure
    session     a subject that is open there
    readable    messages as JSON
    log         the conversation as a text, for `--trace`

`docs/protocol.md` says the same for engines in other languages.
"""

from __future__ import annotations
