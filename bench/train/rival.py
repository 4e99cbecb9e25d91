"""The rival of bench/train.ts: fits the package `implicit` on a matrix of ones and prints seconds, one JSON object a line."""
import json
import sys
import time

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

folder, rows, columns, dim, sweeps, threads, samples, weight, regularization = sys.argv[1:]
start = np.fromfile(f"{folder}/start.bin", dtype=np.uint32).astype(np.int32)
column = np.fromfile(f"{folder}/column.bin", dtype=np.uint32).astype(np.int32)
ones = np.ones(len(column), dtype=np.float32)
matrix = csr_matrix((ones, column, start), shape=(int(rows), int(columns)))
for name, use_cg in (("conjugate-gradient", True), ("exact", False)):
    for _ in range(int(samples)):
        model = AlternatingLeastSquares(
            factors=int(dim),
            iterations=int(sweeps),
            num_threads=int(threads),
            alpha=float(weight),
            regularization=float(regularization),
            use_cg=use_cg,
            use_native=True,
            use_gpu=False,
            random_state=1,
        )
        began = time.perf_counter()
        model.fit(matrix, show_progress=False)
        print(json.dumps({"solver": name, "seconds": time.perf_counter() - began}), flush=True)
