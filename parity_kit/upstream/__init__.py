"""LangGraph's own tests as judges: its test suites, and its conformance suite for savers.

suites        the test suites of a release, and how to get them
bench         an environment with a candidate's packages and what the tests need
process       one test process, kept and within a time limit
results       what became of each test, and the journal of a session
comparing     a candidate's results beside LangGraph's own: regressions, quarantine, who drove
session       the whole: LangGraph twice, the candidate, and each regression again alone
conformance   the conformance suite on a candidate's codec and savers

Inside a test process:

plugin        for pytest: engages the candidate's hook, reports every test as a line (`lines`)
conforming    runs the conformance suite on one saver
parts         puts a candidate in another language into LangGraph, by its engine (`remote`)
codec_shadow  its codec behind LangGraph's serializer; what it gets wrong fails the test (`faults`)
wire_saver    its saver as LangGraph's `BaseCheckpointSaver`
"""
