"""Stores: what an application keeps across threads.

store      the operations on a store and what they give back
labels     namespaces: which are refused, and which match
texts      which texts of a value are indexed, and how near two are
memory     everything in dictionaries
sqlite     a table, with values as JSON that SQLite looks into
postgres   the same as JSONB, without a server
json_text  a value as JSON
"""
