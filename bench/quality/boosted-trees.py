"""
The rival of trees in bench/quality: LightGBM on the features of the ranker. Leaves, weight and rounds are chosen on people that it
has not learnt from, once by log loss and once by what the table is of: how much of what a person took is above what was left.
"""
import sys

import lightgbm as lgb
import numpy as np

folder, columns, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
read = lambda name, kind: np.fromfile(f"{folder}/{name}.bin", dtype=kind)
train = read("train", np.float32).reshape(-1, columns)
test = read("test", np.float32).reshape(-1, columns)
label, held, group = read("label", np.uint8), read("held", np.uint8) == 1, read("group", np.uint32)
ROUNDS, STEP = 600, 20


def order(group, label, score):
    """GAUC: mean share of pairs in the right order, weighted by what was shown."""
    total = weight = 0
    starts = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    for part in np.split(np.arange(len(group)), starts[1:]):
        taken, left = score[part[label[part] == 1]], score[part[label[part] == 0]]
        if len(taken) == 0 or len(left) == 0:
            continue
        above = taken[:, None] - left[None, :]
        total += len(part) * (np.mean(above > 0) + np.mean(above == 0) / 2)
        weight += len(part)
    return total / max(weight, 1)


def loss(score):
    return np.mean(np.logaddexp(0, score) - label[held] * score)


best = {"loss": (np.inf,), "order": (np.inf,)}
for leaves in (7, 15, 31):
    for weight in (20, 200):
        model = lgb.LGBMClassifier(
            n_estimators=ROUNDS,
            learning_rate=0.03,
            num_leaves=leaves,
            min_child_samples=weight,
            subsample=0.8,
            subsample_freq=1,
            colsample_bytree=0.5,
            reg_lambda=10,
            random_state=seed,
            # Threads that spin for each other take longer than one where the cores are shared.
            n_jobs=1,
            verbose=-1,
        )
        model.fit(train[~held], label[~held])
        score = 0
        for rounds in range(STEP, ROUNDS + 1, STEP):
            score = score + model.predict(train[held], raw_score=True, start_iteration=rounds - STEP, num_iteration=STEP)
            for name, figure in (("loss", loss(score)), ("order", -order(group[held], label[held], score))):
                if figure < best[name][0]:
                    best[name] = (figure, model, rounds)
for name, (_, model, rounds) in best.items():
    model.predict(test, raw_score=True, num_iteration=rounds).astype(np.float64).tofile(f"{folder}/{name}.bin")
