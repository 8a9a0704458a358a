"""The accuracy study: what the estimate says of plants whose truth is known.

peers     what a user would do otherwise: rules of thumb and IsolationForest
judge     one plant: estimate against truth, and the peers on the same plant
summary   many plants: one line per scenario
__main__  the command: python -m tests.accuracy
"""
