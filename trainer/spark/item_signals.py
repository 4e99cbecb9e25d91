"""What an event says of its item: the table of shared/signals.ts as columns. Which of several signals stands is interactions.py."""

from pyspark.sql import functions as f

MEASURES = {"value": "value", "fraction": "fraction"}


def with_signals(events, table):
    """Adds target (y), confidence (c; 0 where an event says nothing), explicit and strength (y·c)."""
    signal = f.lit(None)
    for kind, rule in table.items():
        signal = f.when(f.col("type") == kind, _signal_of(rule)).otherwise(signal)
    nothing = f.struct(f.lit(0.0).alias("target"), f.lit(0.0).alias("confidence"), f.lit(False).alias("explicit"))
    found = events.withColumn("signal", f.coalesce(signal, nothing)).select("*", "signal.*").drop("signal")
    return found.withColumn("strength", _single(f.col("target") * f.col("confidence")))


def _signal_of(rule):
    if "measure" not in rule:
        return _as_signal(rule, rule["steps"][0])
    measure = f.col(MEASURES[rule["measure"]])
    by_measure = _last_reached(rule, rule["steps"], measure)
    by_dwell = _last_reached(rule, rule.get("dwellSteps", []), f.col("dwell"))
    return f.when(measure.isNotNull(), by_measure).when(f.col("dwell").isNotNull(), by_dwell)


def _last_reached(rule, steps, measured):
    reached = f.lit(None)
    for step in steps:
        is_reached = measured >= step["from"] if "from" in step else f.lit(True)
        reached = f.when(is_reached, _as_signal(rule, step)).otherwise(reached)
    return reached


def _as_signal(rule, step):
    explicit = f.lit(bool(rule["explicit"])).alias("explicit")
    numbers = [_single(f.lit(float(step[name]))).alias(name) for name in ("target", "confidence")]
    return f.struct(*numbers, explicit)


def _single(value):
    # As the arrays of the trainer hold it.
    return value.cast("float").cast("double")
