"""
Lines as typed rows: one an event, and what is wrong with it where something is. The checks, their order and their words are
those of trainer/read/event-sql.ts for the log of an edge; where this file and that one differ, that one is right.
"""

from pyspark.sql import functions as f

FIELDS = ["v", "id", "subject", "item", "at", "type", "value", "dwellMs", "fraction", "list", "position", "propensity", "surface", "event", "received"]

NUMBERS = ["at", "value", "dwellMs", "fraction", "position", "propensity", "received"]

# Longest excerpt of a value in a message.
MAX_SHOWN_CHARS = 40

DAY_MS = 86_400_000

# The least of single precision that is not 0, as the trainer's reader has it.
LEAST_PROPENSITY = 2.0**-126


def check_events(lines, settings):
    """Columns file, row, dt, id, person, item, ms, type, value, dwell, fraction, list, position, propensity, surface, undoes, field, problem."""
    # As text: a value of the wrong type is a bad field of its own, not a line that is none.
    schema = ", ".join(f"`{name}` string" for name in FIELDS) + ", broken string"
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "broken"}
    json = lines.withColumn("json", f.from_json("line", schema, options))
    # Each in a step of its own, or every use of a value would compute it anew.
    texts = {f"{name}_text": f.expr(f"nullif(trim(json.`{name}`), '')") for name in FIELDS}
    numbers = {f"{name}_number": f.col(f"{name}_text").try_cast("double") for name in NUMBERS}
    parsed = json.withColumns(texts).withColumns(numbers).withColumn("ms", f.floor("at_number").cast("double"))
    raw = {name: f.col(f"{name}_text") for name in FIELDS}
    number = {name: f.col(f"{name}_number") for name in NUMBERS}
    is_object = f.col("json").isNotNull() & f.col("json.broken").isNull() & f.col("line").rlike(r"^\s*\{")
    kind = f.lower(raw["type"])
    limits = settings["limits"]
    ms = f.col("ms")
    skew = ms - number["received"]
    most_days = limits["maxAgeMs"] // DAY_MS
    ahead_days = limits["maxFutureMs"] // DAY_MS

    def not_finite(value, text):
        return text.isNotNull() & (value.isNull() | f.isnan(value) | (f.abs(value) == float("inf")))

    checks = [("row", ~is_object, f.col("line"), "a JSON object")]
    checks += [
        ("v", raw["v"].isNotNull() & (raw["v"] != str(limits["version"])), raw["v"], f"version {limits['version']}")
    ]
    for name in ("subject", "item"):
        bad = raw[name].isNull() | (f.length(raw[name]) > limits["idChars"])
        checks.append((name, bad, raw[name], f"an id of 1–{limits['idChars']} characters"))
    in_time = number["at"].isNotNull() & ~f.isnan(number["at"]) & ms.between(limits["earliestMs"], limits["latestMs"])
    is_near = skew.between(-float(limits["maxAgeMs"]), float(limits["maxFutureMs"])) | number["received"].isNull()
    near = f"a time in ms since 1970, as most are, at most {most_days} days before it was received and {ahead_days} after"
    checks.append(("at", ~in_time | ~is_near, raw["at"], near))
    kinds = settings["eventTypes"]
    checks.append(("type", kind.isNull() | ~kind.isin(kinds), raw["type"], f"one of {', '.join(kinds)}"))
    for name in ("value", "dwellMs", "fraction", "position"):
        checks.append((name, not_finite(number[name], raw[name]), raw[name], "a finite number"))
    chance = number["propensity"]
    no_chance = raw["propensity"].isNotNull() & ~f.coalesce((chance > 0) & (chance <= 1), f.lit(False))
    checks.append(("propensity", no_chance, raw["propensity"], "a number above 0 and up to 1"))

    field, problem = f.when(f.col("problem").isNotNull(), f.lit("row")), f.when(f.col("problem").isNotNull(), f.col("problem"))
    for name, bad, got, expected in checks:
        field = field.when(bad, f.lit(name))
        problem = problem.when(bad, f.concat(f.lit("got "), _shown(got), f.lit(f", expected {expected}")))

    def single(value):
        # The arrays that training works on hold single precision: thresholds must fall alike.
        return value.cast("float").cast("double")

    return parsed.select(
        "file",
        "row",
        f.substring("file", 4, 10).alias("dt"),
        raw["id"].alias("id"),
        raw["subject"].alias("person"),
        raw["item"].alias("item"),
        "ms",
        kind.alias("type"),
        single(number["value"]).alias("value"),
        single(number["dwellMs"]).alias("dwell"),
        single(f.least(f.lit(1.0), f.greatest(f.lit(0.0), number["fraction"]))).alias("fraction"),
        raw["list"].alias("list"),
        raw["position"].try_cast("int").alias("position"),
        f.when(chance.isNotNull(), f.greatest(single(chance), f.lit(LEAST_PROPENSITY))).alias("propensity"),
        f.when(f.length(raw["surface"]) <= limits["idChars"], raw["surface"]).alias("surface"),
        raw["event"].alias("undoes"),
        number["received"].alias("received"),
        field.alias("field"),
        problem.alias("problem"),
    )


def _shown(text):
    short = f.concat(f.lit('"'), f.substring(text, 1, MAX_SHOWN_CHARS), f.lit('"'))
    long = f.concat(short, f.lit("… ("), f.length(text).cast("string"), f.lit(" characters)"))
    return f.when(text.isNull(), f.lit("nothing")).when(f.length(text) > MAX_SHOWN_CHARS, long).otherwise(short)
