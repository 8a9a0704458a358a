"""Tests of the estimate: truth recovered first, then closed forms, then edges."""
