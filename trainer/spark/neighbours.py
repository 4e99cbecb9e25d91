"""
Neighbour lists: for every item the ones that people go on to from there. What is counted and what it is divided by is said, and
chosen, in trainer/items/neighbours.ts.
"""

from pyspark.sql import Window
from pyspark.sql import functions as f

from whole_sums import from_whole, whole_sum

# Lists are cut twice: first by as many parts, so that no task sorts all that goes with an item of half the lists.
SALTS = 16


def neighbour_lists(learnt, codes, options):
    """
    Columns item, neighbours and weights, strongest first.

    @param learnt events with signals
    @param codes item and its number
    """
    sequence = _last_positives(learnt, options["personPositives"]).join(codes, "item")
    popularity = sequence.groupBy("code").agg(whole_sum(f.col("strength")).alias("whole"))
    popularity = popularity.select("code", from_whole(f.col("whole")).alias("popularity")).persist()
    pairs = _pairs(sequence, options).groupBy("code", "other").agg(whole_sum(f.col("weight")).alias("whole"))
    own = popularity.withColumnRenamed("popularity", "own")
    others = popularity.select(f.col("code").alias("other"), f.col("popularity").alias("others"))
    weight = from_whole(f.col("whole")) * f.pow("others", f.lit(-float(options["popularityExponent"])))
    divisor = f.pow(f.col("own") + float(options["shrinkage"]), f.lit(float(options["ownExponent"])))
    weighed = pairs.where("code <> other").join(others, "other").join(own, "code")
    strongest = _strongest(weighed.select("code", "other", (weight / divisor).alias("weight")), options["perItem"])
    return _as_lists(strongest, codes)


def _last_positives(learnt, most):
    """Positives with their place among a person's, of the latest of each: who has more says nothing more by it, and costs."""
    place = f.row_number().over(Window.partitionBy("person").orderBy(*[f.desc(name) for name in ("ms", "item", "file", "row")]))
    positive = learnt.where("strength > 0").select("person", "item", "strength", "ms", "file", "row")
    return positive.withColumn("place", place).where(f.col("place") <= most).select("person", "item", "strength", "place")


def _pairs(sequence, options):
    """A row for each pair within the window, either way: an item, another one, and what the pair counts."""
    history = Window.partitionBy("person")
    along = history.orderBy(f.desc("place"))
    length = f.count("*").over(history)
    each = f.struct("code", "strength")
    following = [f.lead(each, step).over(along) for step in range(1, options["window"] + 1)]
    scale = f.lit(1.0)
    if options["historyExponent"] != 0:
        scale = f.pow(length, f.lit(-float(options["historyExponent"])))
    each_with_next = sequence.select("code", "strength", scale.alias("scale"), f.array(*following).alias("following"))
    steps = each_with_next.select("code", "strength", "scale", f.posexplode("following").alias("step", "then"))
    fade = f.pow(f.lit(float(options["decay"])), f.col("step"))
    weight = f.col("strength") * f.col("then.strength") * f.col("scale") * fade
    forward = steps.where("then is not null").select("code", f.col("then.code").alias("other"), weight.alias("weight"))
    backward = float(options["backward"])
    if backward == 0:
        return forward
    turned = forward.select(f.col("other").alias("code"), f.col("code").alias("other"), (f.col("weight") * backward).alias("weight"))
    return forward.unionByName(turned)


def _strongest(weighed, most):
    """The best of each item, of equals the first by id."""
    best = [f.desc("weight"), "other"]
    salted = weighed.withColumn("salt", f.pmod(f.col("other"), f.lit(SALTS)))
    some = salted.withColumn("place", f.row_number().over(Window.partitionBy("code", "salt").orderBy(*best)))
    whole = some.where(f.col("place") <= most).drop("place", "salt")
    return whole.withColumn("place", f.row_number().over(Window.partitionBy("code").orderBy(*best))).where(f.col("place") <= most)


def _as_lists(strongest, codes):
    named = strongest.join(codes.select(f.col("code").alias("other"), f.col("item").alias("neighbour")), "other")
    entry = f.struct("place", "neighbour", f.col("weight").cast("float").alias("weight"))
    lists = named.groupBy("code").agg(f.sort_array(f.collect_list(entry)).alias("list")).join(codes, "code")
    return lists.select("item", f.col("list.neighbour").alias("neighbours"), f.col("list.weight").alias("weights"))
