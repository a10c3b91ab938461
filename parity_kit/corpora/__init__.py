"""The fixture corpora: reading and writing them, regenerating them from real LangGraph.

    corpus       one corpus: its traces, its canonical bytes, its index
    manifest     `MANIFEST.json`: the oracle the corpora were made with, and their digests
    folder       a folder of corpora, read and written as a whole
    imported     a corpus of a user's own data, in chunks, outside that folder
    lookup       a fixture by its case's id, in corpora of both kinds
    changes      what differs between two versions of a corpus, case by case
    generators   the generators of a workspace, loaded by path
    regenerate   generators run on real LangGraph; the committed corpora checked against that
    requirements what a generator needs beside LangGraph, and whether it is here
    authoring    what generators are written with
    show         a fixture in words
    drift/       LangGraph against itself: other processes, interpreters and releases
    user_checkpoints/  a user's own checkpoints, read from the databases that savers keep them in

Reading does not import LangGraph; only `regenerate` and `authoring` do, when they are used.
"""
