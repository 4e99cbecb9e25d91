"""Item vectors by MLlib's implicit ALS (Hu, Koren, Volinsky 2008), and the name of the space that they span."""

from pyspark.ml.recommendation import ALS
from pyspark.sql import functions as f

from job_error import JobError
from numbered import numbered


# A block is solved by one task: enough ratings to be worth one, and never more blocks than a cluster has use for.
RATINGS_PER_BLOCK = 500_000
MOST_BLOCKS = 200


def item_vectors(standing, codes, options, seed):
    """
    Columns item, vector and space; items that nobody likes have none.

    @param standing one signal for each person and item
    @raise JobError no_data where nobody likes anything
    """
    # Who likes nothing, and what nobody likes, is at 0 and pulls at nothing; MLlib weighs its λ by likes, and cannot solve without one.
    likes = standing.where("target > 0")
    for name in ("person", "item"):
        standing = standing.join(likes.select(name).distinct(), name, "left_semi")
    people = numbered(standing, "person", "whose")
    # A signal of y = 0 is one against: its confidence counts, and what is preferred is 0.
    rating = f.when(f.col("target") > 0, f.col("target") * f.col("confidence")).otherwise(-f.col("confidence"))
    ratings = standing.join(people, "person").join(codes, "item").select("whose", "code", rating.cast("float").alias("rating"))
    ratings = ratings.persist()
    count = ratings.count()
    if count == 0:
        raise JobError("no_data", "Nobody likes an item of the log: there is nothing to learn vectors from")
    blocks = min(MOST_BLOCKS, 2 + count // RATINGS_PER_BLOCK)
    # MLlib solves its items first, from users drawn at random, and ours are worth a third less when they begin so (settings.ts says
    # by how much): what it calls a user is an item here.
    als = ALS(
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        userCol="code",
        itemCol="whose",
        ratingCol="rating",
        implicitPrefs=True,
        rank=options["dim"],
        maxIter=options["sweeps"],
        regParam=options["regularization"],
        alpha=options["alpha"],
        seed=seed,
    )
    factors = als.fit(ratings).userFactors
    found = factors.join(codes, factors["id"] == codes["code"]).select("item", f.col("features").alias("vector")).persist()
    return found.withColumn("space", f.lit(_space_of(found)))


def _space_of(vectors):
    """16 hex digits of what the vectors are, in any order."""
    (digest,) = vectors.agg(f.bit_xor(f.xxhash64("item", "vector"))).first()
    return f"{(digest or 0) & (2**64 - 1):016x}"
