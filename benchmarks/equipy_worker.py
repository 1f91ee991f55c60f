"""Times equipy's barycenter; runs in an environment that has it.

python equipy_worker.py FOLDER    # reads data.npz, writes measured.json
"""

import json
import statistics
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from equipy.fairness import FairWasserstein

folder = Path(sys.argv[1])
data = np.load(folder / "data.npz")
seconds = []
for _ in range(4):
    start = perf_counter()
    model = FairWasserstein()
    model.fit(data["scores"], data["group"])
    model.transform(data["scores"], data["group"])
    seconds.append(perf_counter() - start)
measured = {"seconds": statistics.median(seconds[1:]), "version": version("equipy")}
(folder / "measured.json").write_text(json.dumps(measured))
