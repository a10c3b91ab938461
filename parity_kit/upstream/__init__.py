"""LangGraph's own tests as judges of a candidate that runs LangGraph.

suites     the test suites of a release, and how to get them
bench      an environment with a candidate's packages and what the tests need
plugin     inside the test process: engages the candidate's hook, reports every test as a line
process    one test file in a kept process, within a time limit
results    what became of each test, and the journal of a session
comparing  a candidate's results beside LangGraph's own: regressions, quarantine, who drove
session    the whole: LangGraph twice, the candidate, and each regression again alone
"""
