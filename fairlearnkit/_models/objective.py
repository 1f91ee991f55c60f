"""What a constrained model minimises: the one thing that its class has to say."""

from dataclasses import dataclass

from fairlearnkit._optim.losses import CertifiedLoss


@dataclass(frozen=True)
class Objective:
    """penalty / 2 ||w||^2 + loss_weight sum_i w_i loss(y_i, f_i).

    With `averaged`, the sum is divided by that of the weights w_i of all rows.

    Parameters
    ----------
    loss : CertifiedLoss
        The loss l(y, f).
    penalty : float, default=1.0
        Weight of ||w||^2 / 2; 0 for none.
    loss_weight : float, default=1.0
        Factor of the sum of losses, such as C; ``np.inf`` allows no loss at all.
    fit_intercept : bool, default=True
        Whether there is an intercept, which is never penalised.
    averaged : bool, default=False
        Whether it is about the mean loss.
    """

    loss: CertifiedLoss
    penalty: float = 1.0
    loss_weight: float = 1.0
    fit_intercept: bool = True
    averaged: bool = False

    def row_weights(self, weight, total):
        """Factors of the losses of rows, c_i, from their weights w_i.

        `total` is the sum of the weights of all rows.
        """
        if self.averaged:  # one over a small sum would overflow
            weight = weight / total
        return self.loss_weight * weight
