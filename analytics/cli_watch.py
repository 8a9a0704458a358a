"""The command that watches a folder."""
