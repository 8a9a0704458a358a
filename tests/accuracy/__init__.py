"""The accuracy study: what the estimate says of plants whose truth is known.

truth     the truth at the reported floor
parts     stations, station × shift-day, rates, problems; queue_share: who walked away as help was busy
peers     what a user would do otherwise: rules of thumb and detectors of outliers
judge     one plant: estimate against truth, and the peers on the same plant
summary   many plants: the figures of each kind
goals     what each kind must show, and whether it does
show      the tables on a terminal
publish   the shipped file and the README's table
__main__  the command: python -m tests.accuracy
"""
