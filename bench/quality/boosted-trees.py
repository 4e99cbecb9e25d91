"""The rival of trees in bench/quality: LightGBM on the features of the ranker, stopped on people that it has not learnt from."""
import sys

import lightgbm as lgb
import numpy as np

folder, columns, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
read = lambda name, kind: np.fromfile(f"{folder}/{name}.bin", dtype=kind)
train = read("train", np.float32).reshape(-1, columns)
test = read("test", np.float32).reshape(-1, columns)
label, held = read("label", np.uint8), read("held", np.uint8) == 1
best = None
for leaves in (7, 15, 31):
    for weight in (20, 200):
        model = lgb.LGBMClassifier(
            n_estimators=2000,
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
        model.fit(
            train[~held],
            label[~held],
            eval_set=[(train[held], label[held])],
            callbacks=[lgb.early_stopping(100, verbose=False)],
        )
        loss = model.best_score_["valid_0"]["binary_logloss"]
        if best is None or loss < best[0]:
            best = (loss, model)
best[1].predict(test, raw_score=True).astype(np.float64).tofile(f"{folder}/score.bin")
