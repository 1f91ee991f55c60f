"""How often TermSwap takes "her" for the wrong one of "his" and "him".

    apt-get download fortunes anarchism
    dpkg -x fortunes_*.deb fortunes; dpkg -x anarchism_*.deb anarchism
    python benchmarks/her.py fortunes anarchism    # writes docs/her_results.txt

In texts about men the answer is known: had "his" and "him" been "her", would the rule
have restored them? Every file below each folder is read whose name ends in .html or
has no ending. fortunes (quotations and jokes) was used to choose the words of the rule,
anarchism (essays) was not. "his" that stands alone ("a friend of his") would be "hers"
in a text about a woman, and counts as an error here.
"""

import argparse
import html
import re
from collections import Counter
from pathlib import Path

from fairlearnkit.preprocessing import TermSwap

WORD = re.compile(r"\w+(?:-\w+)*")
# With what follows, from which the rule decides.
PRONOUN = re.compile(r"(?<![\w-])(his|him|His|Him)(?![\w-])(.{0,40})", re.DOTALL)


def read_texts(folder):
    """The files below a folder, without tags and with single spaces."""
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.suffix in ("", ".html") and not path.is_symlink():
            text = path.read_text("utf-8", errors="replace")
            if path.suffix:
                text = html.unescape(
                    re.sub(r"(?s)<script.*?</script>|<[^>]+>", "", text)
                )
            yield re.sub(r"\s+", " ", text)


def outcomes(folder):
    """Counts of (true word, word by the rule), and of the words after the errors."""
    swap, counts, after = TermSwap(), Counter(), Counter()
    for text in read_texts(folder):
        for true, rest in PRONOUN.findall(text):
            her = "Her" if true[0] == "H" else "her"
            found = WORD.match(swap([her + rest])[0])[0].lower()
            counts[true.lower(), found] += 1
            if found != true.lower():
                word = re.match(r"\W*[\w-]*", rest)[0].strip().lower()
                after[true.lower(), word] += 1
    return counts, after


def lines(folder, counts):
    """The rows of the table for a folder."""
    for true in ("his", "him"):
        total = sum(n for (word, _), n in counts.items() if word == true)
        right = counts[true, true]
        yield f"{Path(folder).name:<12} {true:<6} {total:>7} {right / total:>8.1%}"
    total = sum(counts.values())
    right = sum(n for (true, found), n in counts.items() if true == found)
    yield f"{Path(folder).name:<12} {'both':<6} {total:>7} {right / total:>8.1%}"


def main():
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--errors", type=int, default=0, help="words to print")
    options = parser.parse_args()
    table = [f"{'texts':<12} {'word':<6} {'times':>7} {'right':>8}"]
    for folder in options.folders:
        counts, after = outcomes(folder)
        table += lines(folder, counts)
        for (true, word), n in after.most_common(options.errors):
            print(f"{true} + {word!r}: {n}")
    print("\n".join(table))
    path = Path(__file__).parents[1] / "docs" / "her_results.txt"
    path.write_text("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
