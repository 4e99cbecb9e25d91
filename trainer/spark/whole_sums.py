"""
Sums that do not depend on the order in which partitions come: of whole numbers. A repeated job then gives the same rows, to
the bit.
"""

from pyspark.sql import functions as f

# Strengths have 24 bits of which the first stands for at most 1,000; what is left of 63 bits allows sums of 2³¹.
_UNIT = float(2**32)


def whole_sum(value):
    return f.sum(as_whole(value))


def as_whole(value):
    return f.round(value * _UNIT).cast("long")


def from_whole(value):
    return value.cast("double") / _UNIT
