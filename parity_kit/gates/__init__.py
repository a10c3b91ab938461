"""A candidate as a whole: corpora, searches, rules, and what they come to."""
