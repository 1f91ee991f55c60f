"""Exact kernel machine or approximate features: accuracy, gap, seconds, memory.

    python benchmarks/scaling.py    # writes docs/scaling_results.txt

Adult, RBF kernel with gamma = 0.01, C = 1, equal opportunity by sex; accuracy and
difference of true positive rates on the 15,060 test rows. Each line is one fit in a
fresh process; memory is what the fit adds to it.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXACT = [(n, 0) for n in (3000, 10_000, 30_162)]
APPROXIMATE = [(n, rank) for n in (10_000, 30_162) for rank in (100, 300, 1000)]


def main():
    """Print the table and keep it for the documentation."""
    head = f"{'model':<28}{'rows':>8}{'rank':>7}{'accuracy':>10}{'gap':>8}"
    lines = [f"{head}{'seconds':>10}{'MB':>8}"]
    print(lines[0], flush=True)
    runs = [("exact", *size) for size in EXACT]
    runs += [("nystroem", *size) for size in APPROXIMATE]
    for method, n_rows, rank in runs:
        worker = [sys.executable, HERE / "scaling_worker.py", method]
        done = subprocess.run(
            [*worker, str(n_rows), str(rank)], check=True, capture_output=True
        )
        results = json.loads(done.stdout)
        name = "ParitySVC" if method == "exact" else "Nystroem, ParityLinearSVC"
        lines.append(
            f"{name:<28}{n_rows:>8,}{rank or '':>7}{results['accuracy']:>10.4f}"
            f"{results['gap']:>8.4f}{results['seconds']:>10.1f}{results['MB']:>8.0f}"
        )
        print(lines[-1], flush=True)
    (HERE.parent / "docs" / "scaling_results.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
