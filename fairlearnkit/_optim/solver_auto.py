"""The solver that is called "auto": others in turn, as they rank themselves."""

from dataclasses import replace

from fairlearnkit._optim.solver import Solver


class Automatic(Solver):
    """The solver that costs least; another one where that does not reach the optimum.

    1. Of the solvers that rank themselves for the problem (``Solver.automatic_rank``),
       and take it, the one with the smallest rank.
    2. Where it does not reach the optimum, the next one goes on from there; its
       solution counts if it comes nearer.
    """

    name = "auto"

    def refusal(self, problem):
        """Why none of those that rank themselves takes the problem."""
        ranked = _ranked(problem)
        reasons = [(solver.name, solver.refusal(problem)) for solver in ranked]
        if any(reason is None for _, reason in reasons):
            return None
        listed = "; ".join(f"{name!r} {reason}" for name, reason in reasons)
        return f"finds no solver for the problem: {listed}"

    def solve(self, problem, limits):
        """See `Solver`."""
        first, *others = [s for s in _ranked(problem) if s.refusal(problem) is None]
        solution = first.solve(problem, limits)
        for solver in others:
            if solution.status == "optimal":
                break
            other = solver.solve(problem, replace(limits, start=solution))
            solution = other if other.duality_gap < solution.duality_gap else solution
        return solution


def _ranked(problem):
    """Solvers that rank themselves for a problem, the smallest rank first."""
    ranks = {s: s.automatic_rank(problem) for s in Solver._known.values()}
    ranked = [solver for solver, rank in ranks.items() if rank is not None]
    return sorted(ranked, key=ranks.get)
