"""Random biographies whose words differ between the sexes and between occupations."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

from fairlearnkit._data.pandas_door import load_pandas

from ._make import check_numbers

# The words of a sex that a biography uses, in the order male, female.
TERMS = {
    "He": ("He", "She"),
    "he": ("he", "she"),
    "his": ("his", "her"),
    "him": ("him", "her"),
    "person": ("man", "woman"),
    "partner": ("wife", "husband"),
    "child": ("son", "daughter"),
    "parent": ("father", "mother"),
    "title": ("Mr", "Ms"),
}
OCCUPATIONS = ("nurse", "surgeon")
# What each occupation does; some of it the other one does as well.
TASKS = {
    "nurse": (
        "cares for patients on the night ward",
        "plans the shifts of the ward",
        "teaches patients how to dress a wound",
        "runs the vaccination clinic",
        "visits patients at home after surgery",
        "trains students in basic care",
        "keeps the records of the intensive care unit",
        "advises families on palliative care",
    ),
    "surgeon": (
        "performs heart operations",
        "leads the team in the operating theatre",
        "publishes on minimally invasive techniques",
        "reads scans before each operation",
        "teaches residents how to suture",
        "chairs the department of orthopaedics",
        "repairs torn ligaments",
        "consults on difficult transplants",
    ),
}
BOTH = (
    "works at a large hospital",
    "is on call every second weekend",
    "sits on the ethics committee",
    "mentors younger colleagues",
    "helped to open a new emergency room",
    "speaks at conferences on patient safety",
)
HOBBIES = {
    "male": (
        "plays football",
        "goes fishing",
        "restores old motorcycles",
        "coaches a rugby team",
        "brews beer",
    ),
    "female": (
        "dances ballet",
        "sews quilts",
        "teaches yoga",
        "sings in a choir",
        "keeps a flower garden",
    ),
}
ANYONE = ("reads crime novels", "hikes with friends", "cooks for guests", "paints")
PLACES = ("the capital", "a port city", "the north", "a small town", "the west")
TRAITS = ("patience", "precision", "calm", "humour", "reliability", "energy")
# A sentence from each line, all but the first two in random order.
OPENINGS = (
    "{title} Smith is a {person} who {task}.",
    "{title} Jones {task}.",
    "The {child} of a doctor, {he} always wanted to work in medicine. {He} {task}.",
)
SENTENCES = (
    ("{He} also {task2}.", "For {n} years {he} has done more: {he} {task2}."),
    ("In {his} free time {he} {hobby}.", "On Sundays {he} {hobby}."),
    ("{He} trained in {place}.", "{He} moved here from {place} with {his} {partner}."),
    (
        "Colleagues praise {him} for {his} {trait}.",
        "Many thank {him} for {his} {trait}.",
    ),
    ("{He} is the {parent} of two.", "{He} lives with {his} {partner}."),
)
# Probability of a task of the own occupation, of the other one; else one of both. Few
# tell, so that a classifier is right in two of three texts without the words for a sex.
OWN_TASK, OTHER_TASK = 0.39, 0.15
# Probability of a hobby of the own sex, of the other sex; else one of anyone.
OWN_HOBBY, OTHER_HOBBY = 0.4, 0.1


def make_biased_biographies(n_samples=1000, *, association=0.75, random_state=None):
    """Make short biographies of nurses and surgeons whose occupation depends on sex.

    Texts are generated from templates. Each contains gendered words ("she", "his",
    "wife"), a hobby that is more frequent for one sex, and two tasks, each of which
    belongs more often to the person's own occupation than to the other. The occupation
    depends on sex only, so a model that learns from gendered words gains accuracy and
    decides by sex.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of biographies.
    association : float in [0, 1], default=0.75
        Probability that a man is a surgeon, and that a woman is a nurse. With 0.5, sex
        and occupation are independent.
    random_state : int, RandomState instance or None, default=None
        Seed. Pass an int for reproducible data.

    Returns
    -------
    bunch : Bunch
        ``data``
            DataFrame with the columns "text" and "sex" ("female" or "male").
        ``target``
            Series of occupations, "nurse" or "surgeon".
        ``counterfactual``
            Series of the same texts with the words of the other sex. Everything else is
            unchanged, including the hobby.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Notes
    -----
    The sentences were invented for this function. They describe no real person.

    Examples
    --------
    >>> from fairlearnkit.datasets import make_biased_biographies
    >>> biographies = make_biased_biographies(3, random_state=1)
    >>> biographies.data["text"][2].split(". ")[0], biographies.target[2]
    ('Ms Smith is a woman who mentors younger colleagues', 'nurse')
    >>> biographies.counterfactual[2].split(". ")[0]
    'Mr Smith is a man who mentors younger colleagues'
    """
    pd = load_pandas("make_biased_biographies")

    check_numbers(n_samples=n_samples, association=association)
    rng = check_random_state(random_state)
    female = rng.uniform(size=n_samples) < 0.5
    nurse = (rng.uniform(size=n_samples) < association) == female
    drawn = [_draw(rng, *row) for row in zip(female, nurse)]
    texts = [[_write(*row, sex) for row in drawn] for sex in (0, 1)]
    own = np.where(female, texts[1], texts[0])
    other = np.where(female, texts[0], texts[1])
    sex = np.where(female, "female", "male")
    return Bunch(
        data=pd.DataFrame({"text": own, "sex": sex}),
        target=pd.Series(np.where(nurse, *OCCUPATIONS), name="occupation"),
        counterfactual=pd.Series(other, name="text"),
    )


def _draw(rng, female, nurse):
    """The sentences of a biography, and what fills them but for the words of a sex."""
    own, other = OCCUPATIONS if nurse else OCCUPATIONS[::-1]
    his, hers = ("female", "male") if female else ("male", "female")
    tasks = TASKS[own], TASKS[other], BOTH, OWN_TASK, OTHER_TASK
    hobbies = HOBBIES[his], HOBBIES[hers], ANYONE, OWN_HOBBY, OTHER_HOBBY
    task = task2 = _one_of(rng, *tasks)
    while task2 == task:
        task2 = _one_of(rng, *tasks)
    filled = {
        "task": task,
        "task2": task2,
        "hobby": _one_of(rng, *hobbies),
        "place": _pick(rng, PLACES),
        "trait": _pick(rng, TRAITS),
        "n": str(rng.randint(2, 30)),
    }
    order = 1 + rng.permutation(len(SENTENCES) - 1)
    middle = [_pick(rng, SENTENCES[i]) for i in [0, *order]]
    return " ".join([_pick(rng, OPENINGS), *middle]), filled


def _one_of(rng, own, other, neither, p_own, p_other):
    u = rng.uniform()
    return _pick(rng, own if u < p_own else other if u < p_own + p_other else neither)


def _pick(rng, options):
    return options[rng.randint(len(options))]


def _write(sentences, filled, sex):
    """A biography with the words of a sex, 0 for male and 1 for female."""
    terms = {name: pair[sex] for name, pair in TERMS.items()}
    return sentences.format(**filled, **terms)
