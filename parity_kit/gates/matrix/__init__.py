"""The feature matrix: what LangGraph does, a row each, and what a candidate's cases say of it.

rows.toml   the rows and the committed cases that show them
rows        reading them
claims      what a candidate's authors say of it
evidence    the verdicts on cases, put together row by row
"""
