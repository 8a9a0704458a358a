"""Tests of analytics.simulate."""
