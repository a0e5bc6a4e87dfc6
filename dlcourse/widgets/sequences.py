"""The explorer of notebook 20: a sentence of the reader's, and what a network says of each of its words."""

from collections.abc import Callable, Mapping

import ipywidgets
import numpy as np

from dlcourse.data.sentences import UNKNOWN
from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

LONGEST = 14  # words, as many as fit below the bars


class SentenceExplorer(Explorer):
    """Type a sentence and let the network hear it word by word; see how likely each word is part of a name.

    The attributes `sentence` and `heard` are the controls; setting their `value` does what a reader's hand does.

    Args:
        parameters: of a network that tags words.
        vocabulary: the index of each word, UNKNOWN among them.
        tag_sequence: the reader's own, (x (n_x, m, T), parameters, mask (m, T)) -> probabilities (1, m, T).
    """

    blamed = "One of your functions"

    def __init__(self, parameters: Mapping, vocabulary: Mapping[str, int], tag_sequence: Callable):
        self.parameters, self.vocabulary, self.tag_sequence = parameters, dict(vocabulary), tag_sequence
        wide = {"layout": ipywidgets.Layout(width="480px"), "style": {"description_width": "110px"}}
        self.sentence = ipywidgets.Text(
            "teddy and lego wrote about apples", description="sentence", continuous_update=False, **wide
        )
        self.heard = ipywidgets.IntSlider(
            2, min=1, max=LONGEST, description="words heard", continuous_update=False, **wide
        )
        self._arrange(self.sentence, self.heard, layout=below(self.sentence, self.heard))

    def words(self) -> list[str]:
        """The words that the network hears: those of the sentence, in lower case, as far as the slider goes."""
        letters = "".join(char if char.isalnum() else " " for char in self.sentence.value.lower())
        return [word[:12] for word in letters.split()[: self.heard.value]]

    def probabilities(self) -> np.ndarray:
        """How likely each word that was heard is part of a name."""
        words = self.words()
        if not words:
            return np.zeros(0)
        x = np.zeros((len(self.vocabulary), 1, len(words)))
        for t, word in enumerate(words):
            x[self.vocabulary.get(word, self.vocabulary[UNKNOWN]), 0, t] = 1
        return np.asarray(self.tag_sequence(x, self.parameters, np.ones((1, len(words)), dtype=bool)))[0, 0]

    def _draw(self) -> tuple[plots.Picture, Words]:
        words, likely = self.words(), self.probabilities()
        drawing = plots.figure(plots.MAX_WIDTH, 2.6)
        axes = plots.style(drawing.subplots(), "", "part of a name")
        known = np.array([word in self.vocabulary for word in words], dtype=bool)
        places = np.arange(len(words))
        for which, colour, label in ((known, plots.BLUE, "known words"), (~known, plots.ORANGE, "unknown words")):
            axes.bar(places[which], likely[which], width=0.6, color=colour, label=label)
        axes.axhline(0.5, color=plots.INK, linewidth=0.8, linestyle=":")
        axes.set_xticks(places, words, rotation=20 if len(words) > 8 else 0)
        axes.set_xlim(-0.6, max(len(words), 6) - 0.4)
        axes.set_ylim(0, 1.25)
        axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9, loc="upper right", ncols=2)
        names = [word for word, p in zip(words, likely, strict=True) if p > 0.5]
        taken = (
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} taken for" if names else "No word is taken for"
        )
        text = (
            f"After {len(words)} word{'s' * (len(words) != 1)}: {taken} part of a name."
            if words
            else "Type a sentence, and the network says what it takes for names."
        )
        return plots.as_image(drawing, text), in_italics(text)


def explore_sentence(parameters: Mapping, vocabulary: Mapping[str, int], tag_sequence: Callable) -> None:
    """Show a SentenceExplorer: a sentence to type, and a slider for how much of it the network has heard."""
    SentenceExplorer(parameters, vocabulary, tag_sequence).show()
