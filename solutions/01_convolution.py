#: You write: padding, output sizes, one layer forward and backward, parameters
#: Applied to: edges of a photograph

# %% [markdown]
# # Convolution, step by step
#
# A network that looks at images has to find the same thing wherever it is: the rim of a cup at the upper
# left is still the rim of a cup at the lower right. Convolution is the operation that looks for one small
# pattern everywhere.
#
# In this notebook you write it with NumPy alone: first forwards, then backwards, which is all that a network
# needs in order to learn. At the end your own function finds the edges in a photograph, and you can play
# with it.
#
# **How the exercises work.** After each piece of theory there is a function to write. Replace the line that
# raises `NotImplementedError` by your code and run the cell; then run the cell below it, which checks your
# function on small cases and says what is wrong with it. In a cell of your own, `hint(conv_forward)` shows a
# hint, and one more each time; after an attempt, `solution(conv_forward)` shows a way to do it. Where a
# figure needs a function that you have not written yet, it says so and waits.
#
# Stop where you like; it will be there tomorrow.
#
# **Stands on** Python and NumPy, no other notebook. **Takes** about an hour to read and two to do.

# %% setup
import numpy as np

from dlcourse.checks.convolution import check, hint, solution
from dlcourse.data import datasets
from dlcourse.figures import diagrams, plots
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.widgets.convolution import explore_filters

# %% [markdown]
# ## An image is a grid of numbers
#
# A grey image is a matrix with one number for each pixel, here between 0 (black) and 1 (white).

# %% demo
coffee = datasets.photograph("coffee", grey=True, size=(120, 180))

figure = plots.figure(height=2.8)
left, right = figure.subplots(1, 2, width_ratios=[3, 2])
plots.draw_image(left, coffee, "120 × 180 numbers")
plots.mark_pixels(left, row=54, column=94, height=8, width=8)
diagrams.draw_numbers(
    right, np.round(100 * coffee[54:62, 94:102]), "the framed 8 × 8, times 100"
)
plots.show(
    figure,
    "Where the numbers jump from one pixel to the next, the eye sees an edge: here it is"
    " the inner side of the cup. " + datasets.credit("coffee"),
)

# %% [markdown]
# An edge is where neighbouring numbers differ. So, to find edges, subtract neighbours from each other, in
# the same way everywhere.
#
# ## Edges, by hand
#
# Take the simplest image that has an edge: 6 × 6 pixels, bright (10) on the left and dark (0) on the right.
# And take a **filter**: 3 × 3 numbers, with 1 on the left and -1 on the right.
#
# Lay the filter on the upper left corner of the image. Multiply each of its numbers by the pixel that lies
# under it, and add the nine products up. This sum is the first number of the **output**. Then move the
# filter one pixel to the right, and do it again.

# %% demo
bright_to_dark = np.array([[10, 10, 10, 0, 0, 0]] * 6)
vertical = np.array([[1, 0, -1], [1, 0, -1], [1, 0, -1]])

empty_row = [["", "", "", ""]]
diagrams.show_numbers(
    bright_to_dark,
    "∗",
    vertical,
    "=",
    np.array([["0", "", "", ""]] + 3 * empty_row),
    titles=["image, 6 × 6", "filter, 3 × 3", "output, 4 × 4"],
    marks={0: [(0, 0, 3, 3)], 2: [(0, 0, 1, 1)]},
    caption="10·1 + 10·0 + 10·(-1), in three rows, makes 0. Nothing changes"
    " inside this window.",
)
diagrams.show_numbers(
    bright_to_dark,
    "∗",
    vertical,
    "=",
    np.array([["0", "30", "", ""]] + 3 * empty_row),
    marks={0: [(0, 1, 3, 3)], 2: [(0, 1, 1, 1)]},
    caption="One step to the right: 10·1 + 10·0 + 0·(-1), in three rows, makes"
    " 30. Here is an edge.",
)

# %% [markdown]
# The filter fits in four places across the image and in four places down, so the output has 4 × 4 numbers.
# As a formula, with $a$ for the image, $W$ for the filter, $f$ for its size, and rows and columns counted
# from 0:
#
# $$Z_{h,w} = \sum_{i=0}^{f-1}\;\sum_{j=0}^{f-1} a_{h+i,\;w+j}\;W_{i,j}$$
#
# And as code. Read these lines with care: the rest of the notebook is this function, grown up.
#
# **Predict.** Two numbers of the output are there: 0 and 30. What are the other fourteen? And what becomes of them if
# the image is dark on the left and bright on the right?


# %%
def slide(image, W):
    """Lay the filter W on a grey image, wherever it fits; multiply and add."""
    f_H, f_W = W.shape
    n_H, n_W = image.shape[0] - f_H + 1, image.shape[1] - f_W + 1
    Z = np.zeros((n_H, n_W))
    for h in range(n_H):
        for w in range(n_W):
            Z[h, w] = np.sum(image[h : h + f_H, w : w + f_W] * W)
    return Z


# %% demo
diagrams.show_numbers(
    bright_to_dark,
    "∗",
    vertical,
    "=",
    slide(bright_to_dark, vertical),
    titles=["image, 6 × 6", "filter, 3 × 3", "output, 4 × 4"],
    signed=[False, True, True],
    caption="The columns of the output are 0, 30, 30, 0: a stripe where the edge is. It"
    " looks thick only because the image is so small.",
)
dark_to_bright = np.array([[0, 0, 0, 10, 10, 10]] * 6)
diagrams.show_numbers(
    dark_to_bright,
    "∗",
    vertical,
    "=",
    slide(dark_to_bright, vertical),
    signed=[False, True, True],
    caption="Dark on the left and bright on the right: the columns are 0, -30, -30, 0."
    " The sign says on which side it is bright.",
)

# %% [markdown]
# If only the place of an edge matters and not its direction, take the absolute value.
#
# ### Other filters
#
# A quarter turn makes a filter for horizontal edges. Both on the photograph:

# %% demo
horizontal = vertical.T
plots.show_images(
    [slide(coffee, vertical), slide(coffee, horizontal)],
    titles=["vertical filter", "horizontal filter"],
    caption="Orange: from bright to dark, going right (left figure) or going down (right"
    " figure). Blue: from dark to bright. The sides of the cup show on the left, its rim"
    " and its foot on the right.",
)

# %% [markdown]
# Which nine numbers are best? People have proposed many. Two have names: the **Sobel** filter trusts the
# middle row twice as much as the other two, the **Scharr** filter more than three times as much.

# %% demo
sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
scharr = np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]])

diagrams.show_numbers(
    vertical,
    "",
    sobel,
    "",
    scharr,
    titles=["vertical", "Sobel", "Scharr"],
    caption="Three filters for vertical edges. The numbers of each add up to 0, so that"
    " an even surface gives 0, however bright it is.",
)

# %% [markdown]
# They differ on slanted edges. A disc has an edge in every direction, equally sharp all around, and a fair
# filter should find it equally strong all around. The strength combines a filter with its quarter turn:
# $\sqrt{Z_{vertical}^2 + Z_{horizontal}^2}$.

# %% demo
rows, columns = np.mgrid[-20:21, -20:21]
radius = np.sqrt(rows**2 + columns**2)
disc = 1 / (1 + np.exp(2 * (radius - 14)))
on_the_edge = np.abs(radius[1:-1, 1:-1] - 14) < 0.15

table = []
for name, W in [("vertical", vertical), ("Sobel", sobel), ("Scharr", scharr)]:
    strength = np.sqrt(slide(disc, W) ** 2 + slide(disc, W.T) ** 2)[on_the_edge]
    table.append((name, f"{strength.max() / strength.min() - 1:.0%}"))
show_table(
    ["filter", "strongest direction over the weakest"],
    table,
    "Around the edge of a disc, the plain filter varies most and Scharr's least.",
)

# %% [markdown]
# ### Filters can be learned
#
# Sobel and Scharr found their numbers by thinking. For an edge that goes well; for a wheel or a face it does
# not. Whatever numbers one thinks of, another light changes all pixels, another pose moves them, and another
# background puts different ones beside them. For decades people wrote down by hand what to look for, and these
# three defeated them.
#
# But nine numbers can also be found by trying: take an
# image and the output that you want for it, start with nine random numbers, and change them little by
# little so that the output comes closer to the wanted one. Nobody has to know what an edge is.
#
# Here the image is gravel, and the wanted output is the one of Sobel's filter.

# %% demo
gravel = datasets.photograph("gravel", grey=True)[:60:2, :90:2] - 0.5
wanted = slide(gravel, sobel)

W = np.random.default_rng(3).normal(size=(3, 3))
history = [W]
for _ in range(100):
    error = slide(gravel, W) - wanted
    W = W - 16 * slide(gravel, error) / error.size
    history.append(W)

begin, early, later, end = (np.round(history[step], 1) for step in (0, 3, 10, 100))
diagrams.show_numbers(
    begin,
    "→",
    early,
    "→",
    later,
    "→",
    end,
    titles=["at first", "after 3 steps", "after 10", "after 100"],
    signed=True,
    caption="Nine random numbers become Sobel's filter, learned from an example. "
    + datasets.credit("gravel"),
)

# %% [markdown]
# Convolutional networks rest on this idea (LeCun and others, 1989): the numbers in the filters are the
# weights of the network, and learning finds them. The line that changes `W` is gradient descent. Why it has
# just this form is the last part of this notebook.
#
# ### To flip or not to flip
#
# A word of warning about a word. What we do here is called *cross-correlation* in mathematics. What
# mathematicians call *convolution* first turns the filter by half a turn, top to bottom and left to right,
# and then does the same. An image with a single bright pixel shows the difference.
#
# **Predict.** The filter below holds 1 to 9. Around a single bright pixel, which of its numbers comes out first?

# %% demo
point = np.zeros((5, 5), dtype=int)
point[2, 2] = 1
numbered = np.arange(1, 10).reshape(3, 3)
flipped = numbered[::-1, ::-1]

diagrams.show_numbers(
    point,
    "∗",
    numbered,
    "=",
    slide(point, numbered),
    titles=["image", "filter", "cross-correlation"],
    caption="Multiply and add, as above. Around the bright pixel the filter comes out"
    " turned by half a turn: the 9 is first.",
)
diagrams.show_numbers(
    point,
    "∗",
    flipped,
    "=",
    slide(point, flipped),
    titles=["image", "filter, flipped", "convolution"],
    caption="The convolution of mathematics: flipped first, the filter"
    " comes out as it was.",
)

# %% [markdown]
# The half turn is a minus sign in the formula of mathematics:
#
# $$(a * W)_{h,w} = \sum_{i}\;\sum_{j} a_{h-i,\;w-j}\;W_{i,j} \qquad\qquad (x * w)(t) = \int x(u)\;w(t-u)\;du$$
#
# On the right is the form that the word comes from, for functions of time: what is heard at the time $t$ is
# all that was played before, each sound weighted by how long ago it was.
#
# To a network it makes no difference. Its filters are learned, and come out flipped or not, whichever is
# needed. So every deep-learning library leaves the flip out and says "convolution" all the same. From here
# on, so do we.
#
# ## Padding
#
# Sliding a filter over an image has two drawbacks. The image shrinks: 6 × 6 becomes 4 × 4, then 2 × 2, and
# a network with many layers would soon have nothing left. In general, $n$ pixels become
#
# $$n - f + 1.$$
#
# And the pixels near the border are used less than the others. **Predict.** In how many windows of 3 × 3 does a corner of
# the 6 × 6 image lie, and in how many a pixel in its middle?


# %% demo
def count_windows(n, f):
    """In how many windows of f x f each pixel of an n x n image lies."""
    count = np.zeros((n, n), dtype=int)
    for h in range(n - f + 1):
        for w in range(n - f + 1):
            count[h : h + f, w : w + f] += 1
    return count


diagrams.show_numbers(
    count_windows(6, 3),
    "",
    count_windows(8, 3),
    titles=["6 × 6", "6 × 6 and a border of 1"],
    marks={1: [(1, 1, 6, 6)]},
    caption="In how many windows of 3 × 3 each pixel lies. Left: a pixel in the corner is"
    " looked at once, an inner one nine times. Right: with a border of 1 around the image"
    " (in the frame), its corners are looked at four times.",
)

# %% [markdown]
# A border of $p$ zeros on every side helps with both. It is called **padding**, and makes the output
#
# $$n + 2p - f + 1$$
#
# pixels wide. Two choices of $p$ have names:
#
# - **valid**: no padding, $p = 0$;
# - **same**: the output is as large as the input. This takes $p = \frac{f - 1}{2}$, which is a whole number
#   when $f$ is odd, and one reason why nearly all filters are 3 × 3, 5 × 5 or 7 × 7. Another is that an odd
#   filter has a pixel in its middle: one can say where it found something.
#
# From now on images come several at a time and with channels (their colours, for instance), in an array of
# shape `(m, n_H, n_W, n_C)`: $m$ images with $n_H$ rows, $n_W$ columns and $n_C$ channels. The border goes
# around rows and columns only.
#
# ### Exercise: zero_pad
#
# Put `pad` rows and columns of zeros around each image: from `(m, n_H, n_W, n_C)` to
# `(m, n_H + 2 * pad, n_W + 2 * pad, n_C)`.


# %% exercise="zero_pad"
def zero_pad(X, pad):
    """Surround each image with a border of zeros.

    X has shape (m, n_H, n_W, n_C); pad is the width of the border.
    Returns an array of shape (m, n_H + 2 * pad, n_W + 2 * pad, n_C).
    """
    ### BEGIN SOLUTION
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    ### END SOLUTION


# %% check="zero_pad" points=1

# %% example
with attempt():
    flower = datasets.photograph("flower", size=(60, 90))
    padded = zero_pad(flower[np.newaxis], 8)
    plots.show_images(
        [flower, padded[0]],
        titles=[f"X[0]: {flower.shape}", f"zero_pad(X, 8)[0]: {padded.shape[1:]}"],
        caption="Your border of 8 zeros. Zero is black. " + datasets.credit("flower"),
    )

# %% [markdown]
# ## Stride and output size
#
# The filter need not stop at every pixel. With a **stride** of $s$ it moves $s$ pixels at a time, to the
# right and down, and the output is about $s$ times smaller.

# %% demo
seven = np.full((7, 7), "")
diagrams.show_numbers(
    seven,
    "→",
    np.full((3, 3), ""),
    titles=["7 × 7, stride 2", "3 × 3"],
    marks={
        0: [(0, 0, 3, 3), (0, 2, 3, 3), (0, 4, 3, 3)],
        1: [(0, 0, 1, 1), (0, 1, 1, 1), (0, 2, 1, 1)],
    },
    caption="Three windows fit side by side, at columns 0, 2 and 4. The last one"
    " ends at the border.",
)
six = np.full((6, 6), "")
six[5, :] = six[:, 5] = "×"
diagrams.show_numbers(
    six,
    "→",
    np.full((2, 2), ""),
    titles=["6 × 6, stride 2", "2 × 2"],
    marks={0: [(0, 0, 3, 3), (0, 2, 3, 3)], 1: [(0, 0, 1, 1), (0, 1, 1, 1)]},
    caption="In six columns, a third window would stick out. It is left out, and the"
    " pixels with a cross are never looked at.",
)

# %% [markdown]
# How many windows fit? The first one covers $f$ of the $n + 2p$ pixels. The $n + 2p - f$ that remain are
# walked in steps of $s$, and only whole steps count:
#
# $$\left\lfloor \frac{n + 2p - f}{s} \right\rfloor + 1$$
#
# The brackets $\lfloor\;\rfloor$ mean: rounded down. In the two figures that is
# $\lfloor \frac{4}{2} \rfloor + 1 = 3$ and $\lfloor \frac{3}{2} \rfloor + 1 = 2$.
#
# ### Exercise: conv_output_size
#
# Return the number of windows along one side, as an `int`.


# %% exercise="conv_output_size"
def conv_output_size(n, f, pad, stride):
    """The size of the output along one side.

    n pixels, with a border of pad zeros at both ends; a filter of size f.
    Returns an int.
    """
    ### BEGIN SOLUTION
    return (n + 2 * pad - f) // stride + 1
    ### END SOLUTION


# %% check="conv_output_size" points=1

# %% [markdown]
# ### Two meanings of 'same'
#
# With a stride of 1 it is clear what *same* means: the output is as large as the input. With a larger
# stride, it can mean two things.
#
# **The output has $n$ pixels still.** Solve $\frac{n + 2p - f}{s} + 1 = n$ for $p$, and you get
# $p = \frac{ns - n + f - s}{2}$. For $n = 7$, $f = 3$, $s = 2$ that is 4: a border of four zeros on every
# side, so more zeros than image, only to undo what the stride does. For $n = 6$ it is 3.5, and no border is
# three and a half pixels wide. You find this formula in lecture notes and hardly anywhere else.
#
# **The output has $n / s$ pixels, rounded up.** It shrinks as the stride says, but no window is left out at
# the end. This is what TensorFlow and Keras mean by `padding="same"`. Count back from the output: so many
# windows, $s$ apart, cover $(\text{output} - 1)\cdot s + f$ pixels, and what is missing is padding.
#
# $$\text{output} = \left\lceil \frac{n}{s} \right\rceil \qquad\qquad
# \text{total padding} = \max\bigl((\text{output} - 1)\cdot s + f - n,\; 0\bigr)$$
#
# Half of the total goes before the image (above it, and to its left), half goes after it. When the total is
# odd, the smaller half goes before. Three cases:
#
# | $n$ | $f$ | $s$ | output | total | before | after |
# | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
# | 5 | 3 | 1 | 5 | 2 | 1 | 1 |
# | 6 | 3 | 2 | 3 | 1 | 0 | 1 |
# | 4 | 1 | 2 | 2 | 0 | 0 | 0 |
#
# The second is the figure with the crosses: a single zero more, and the third window fits.
#
# ### Exercise: same_padding
#
# Return the padding along one side, in TensorFlow's sense, as a pair `(before, after)` of two `int`.


# %% exercise="same_padding"
def same_padding(n, f, stride):
    """How many zeros to put before and after n pixels for TensorFlow's "same".

    The output then has n / stride pixels, rounded up.
    Returns (before, after), two ints.
    """
    ### BEGIN SOLUTION
    output = -(-n // stride)  # // rounds down; between two minus signs it rounds up
    total = max((output - 1) * stride + f - n, 0)
    before = total // 2
    return before, total - before
    ### END SOLUTION


# %% check="same_padding" points=2

# %% [markdown]
# ## Volumes and filters
#
# A colour image has three numbers for each pixel: red, green and blue. It is a volume, $n_H × n_W × 3$. Its
# filter is a volume too, $f × f × 3$, because a filter always has as many channels as the image that it
# looks at.
#
# It slides along rows and columns only. In each place, all its $3 · 3 · 3 = 27$ numbers are multiplied by
# the 27 numbers under them, and the products are added up. So each place still gives *one* number.

# %% demo
diagrams.show_volumes(
    (6, 6, 3),
    "∗",
    (3, 3, 3),
    "=",
    (4, 4, 1),
    titles=["image", "filter", "output"],
    caption="Channel meets channel, and all of it is added up. The output has one"
    " channel, not three.",
)

# %% [markdown]
# Such a filter can do something new: look at one colour and ignore the others.

# %% demo
squares = np.full((14, 30, 3), 0.15)
squares[3:11, 4:12] = [0.85, 0.15, 0.15]  # red
squares[3:11, 18:26] = [0.15, 0.15, 0.85]  # blue

red_only = np.zeros((3, 3, 3))
red_only[:, :, 0] = vertical
all_three = np.stack([vertical, vertical, vertical], axis=2)

outputs = [
    sum(slide(squares[:, :, channel], W[:, :, channel]) for channel in range(3))
    for W in (red_only, all_three)
]
plots.show_images(
    [squares, *outputs],
    titles=["image", "filter on red only", "filter on all three"],
    caption="Where its green and blue channels are zero, the filter does not"
    " see the blue square.",
)

# %% [markdown]
# One thing more: a number $b$, the **bias**, is added to each sum. Each filter has one. If $a$ is the window
# of the image, one step gives
#
# $$z = \sum_{i}\;\sum_{j}\;\sum_{k}\; a_{i,j,k}\;W_{i,j,k} \;+\; b.$$
#
# ### Exercise: conv_single_step
#
# From one window and one filter, both of shape `(f, f, n_C_prev)`, and a bias of shape `(1, 1, 1)`, compute
# $z$, a plain number. (If an array holds one number, `b.item()` takes it out.)


# %% exercise="conv_single_step"
def conv_single_step(a_slice_prev, W, b):
    """Multiply one window by one filter, add everything up, and add the bias.

    a_slice_prev and W have shape (f, f, n_C_prev); b has shape (1, 1, 1).
    Returns a number.
    """
    ### BEGIN SOLUTION
    return np.sum(a_slice_prev * W) + b.item()
    ### END SOLUTION


# %% check="conv_single_step" points=1

# %% [markdown]
# ## One layer
#
# A filter looks for one kind of thing. A layer has many filters. The output of each is a small image, and
# these, one behind the other, are the channels of the layer's output.

# %% demo
diagrams.show_volumes(
    (6, 6, 3),
    "∗",
    (3, 3, 3, 10),
    "=",
    (4, 4, 10),
    titles=["image", "ten filters, 3 × 3 × 3 each", "output"],
    caption="As many channels come out as there are filters.",
)

# %% [markdown]
# Afterwards a non-linear function, ReLU for instance, is applied to each number of the output, and the layer
# is complete. The convolution is the part that has weights, and the part that you write. Its arrays:
#
# | array | what it holds | shape |
# | :--- | :--- | :--- |
# | `A_prev` | the $m$ images, or what the layer before made of them | `(m, n_H_prev, n_W_prev, n_C_prev)` |
# | `W` | the $n_C$ filters; the last axis says which one | `(f, f, n_C_prev, n_C)` |
# | `b` | a bias for each filter | `(1, 1, 1, n_C)` |
# | `Z` | the output | `(m, n_H, n_W, n_C)` |
#
# For row $h$ and column $w$ of the output, the window begins at row $h·s$ and column $w·s$ of the *padded*
# image. So, for image $i$ and filter $c$:
#
# $$Z_{i,h,w,c} = \sum_{u=0}^{f-1}\;\sum_{v=0}^{f-1}\;\sum_{k} A^{pad}_{i,\;hs+u,\;ws+v,\;k}\;W_{u,v,k,c} \;+\; b_c$$
#
# ### Exercise: conv_forward
#
# Return `Z`, of shape `(m, n_H, n_W, n_C)`, and `cache`, the tuple `(A_prev, W, b, hparameters)`, which the
# way back will need. `hparameters` is a dictionary with the keys `"stride"` and `"pad"`. You have the parts:
# `zero_pad`, `conv_output_size` and `conv_single_step`. Four loops put them together.


# %% exercise="conv_forward"
def conv_forward(A_prev, W, b, hparameters):
    """Convolve each image with each filter.

    A_prev has shape (m, n_H_prev, n_W_prev, n_C_prev), W has shape (f, f, n_C_prev, n_C),
    b has shape (1, 1, 1, n_C); hparameters is a dictionary with "stride" and "pad".
    Returns Z, of shape (m, n_H, n_W, n_C), and the cache (A_prev, W, b, hparameters).
    """
    ### BEGIN SOLUTION
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    f, _, _, n_C = W.shape
    stride, pad = hparameters["stride"], hparameters["pad"]

    n_H = conv_output_size(n_H_prev, f, pad, stride)
    n_W = conv_output_size(n_W_prev, f, pad, stride)
    A_prev_pad = zero_pad(A_prev, pad)
    Z = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                top, left = h * stride, w * stride
                a_slice_prev = A_prev_pad[i, top : top + f, left : left + f, :]
                for c in range(n_C):
                    Z[i, h, w, c] = conv_single_step(
                        a_slice_prev, W[:, :, :, c], b[:, :, :, c]
                    )

    cache = (A_prev, W, b, hparameters)
    return Z, cache
    ### END SOLUTION


# %% check="conv_forward" points=5

# %% [markdown]
# The image from the beginning, through your layer:

# %% example
with attempt():
    A_prev = bright_to_dark.reshape(1, 6, 6, 1)
    W = vertical.reshape(3, 3, 1, 1)
    Z, cache = conv_forward(A_prev, W, np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0})
    diagrams.show_numbers(
        A_prev[0, :, :, 0],
        "∗",
        W[:, :, 0, 0],
        "=",
        Z[0, :, :, 0],
        signed=[False, True, True],
        caption="The columns of the output should be 0, 30, 30, 0.",
    )

# %% [markdown]
# ## How many parameters
#
# The parameters of a layer are the numbers that learning has to find. One filter has $f · f · n_{C,prev}$
# weights and one bias, and there are $n_C$ filters:
#
# $$(f \cdot f \cdot n_{C,prev} + 1)\cdot n_C$$
#
# Ten filters of 3 × 3 on a colour image have $(3·3·3 + 1)·10 = 280$. The size of the image does not occur.
#
# ### Exercise: conv_parameters
#
# Return the number of parameters of a layer, as an `int`: `n_C` filters of size `f`, on an input with
# `n_C_prev` channels.


# %% exercise="conv_parameters"
def conv_parameters(f, n_C_prev, n_C):
    """The number of weights and biases of a convolutional layer, an int."""
    ### BEGIN SOLUTION
    return (f * f * n_C_prev + 1) * n_C
    ### END SOLUTION


# %% check="conv_parameters" points=1

# %% [markdown]
# ### Why convolution
#
# The alternative is a fully connected layer, where each unit has a weight for each number of the input. A
# photograph of 1000 × 1000 × 3 has 3 million numbers. To connect them to 1000 units takes
# $3·10^6 · 1000 = 3·10^9$ weights, 12 gigabytes of them. The ten filters above have 280 parameters, for
# photographs of any size. Two things save so much:
#
# - **Shared parameters.** What finds an edge in one place finds it in any other, so every place uses the
#   same filter.
# - **Sparse connections.** Each number of the output depends on one small window, not on all of the image.
#
# They also save learning: if the cup moves to the right, the output moves to the right with it, and the
# layer need not learn the cup again for each place where a cup can stand.
#
# ## A network, shape by shape
#
# A convolutional network is such layers, one after another. Most often the images get smaller from layer to
# layer, and their channels more. Here is a small network for images of 39 × 39 × 3. The numbers come from
# your functions.

# %% example
with attempt():
    n, n_C_prev = 39, 3
    table = [("the image", "39 × 39 × 3", 39 * 39 * 3, 0)]
    for f, stride, n_C in [(3, 1, 10), (5, 2, 20), (5, 2, 40)]:
        n = conv_output_size(n, f, 0, stride)
        parameters = conv_parameters(f, n_C_prev, n_C)
        layer = f"{n_C} filters {f} × {f}, stride {stride}"
        table.append((layer, f"{n} × {n} × {n_C}", n * n * n_C, parameters))
        n_C_prev = n_C
    show_table(["layer", "output", "numbers in it", "parameters"], table)

# %% demo
diagrams.show_volumes(
    (39, 39, 3),
    "→",
    (37, 37, 10),
    "→",
    (17, 17, 20),
    "→",
    (7, 7, 40),
    caption="The images shrink, the channels grow (at most six sheets are drawn). The"
    " last volume, written as a list of 7·7·40 = 1960 numbers, goes into a softmax that"
    " says what is in the image.",
)

# %% [markdown]
# ## The way back
#
# To learn, a network must know for each parameter how the loss $J$ changes when that parameter grows a
# little. This is its gradient. Backpropagation computes gradients from the last layer to the first. When it
# comes to our layer, the gradient of the *output* is known already: $dZ$ has the shape of $Z$ and holds
# $\frac{\partial J}{\partial Z}$ for each of its numbers. From it, the layer has to work out
#
# - $dW$ and $db$, with which its own parameters are improved;
# - $dA_{prev}$, which it hands on to the layer before.
#
# ### One pixel feeds several outputs
#
# Start small: a 4 × 4 image and one 3 × 3 filter, stride 1, no padding, so the output is 2 × 2. Follow the
# pixel $a_{11}$. It lies in all four windows, each time under another weight.


# %% demo
def names(letter, n):
    """A matrix of names such as a₀₀, a₀₁, ..."""
    digits = "₀₁₂₃"[:n]
    return np.array([[letter + row + column for column in digits] for row in digits])


diagrams.show_numbers(
    names("a", 4),
    "∗",
    names("W", 3),
    "=",
    names("Z", 2),
    titles=["image", "filter", "output"],
    marks={
        0: [(1, 1, 1, 1, plots.INK)],
        1: [(1, 1, 1, 1), (1, 0, 1, 1), (0, 1, 1, 1), (0, 0, 1, 1)],
        2: [(0, 0, 1, 1), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)],
    },
    caption="The framed pixel enters each output through the weight of the same colour:"
    " Z₀₀ through W₁₁, Z₀₁ through W₁₀, Z₁₀ through W₀₁, Z₁₁ through W₀₀.",
)

# %% [markdown]
# When $a_{11}$ grows by a tiny $\varepsilon$, $Z_{00}$ grows by $W_{11}\,\varepsilon$, and through this
# connection the loss grows by $W_{11}\,\varepsilon$ times $dZ_{00}$. There are four connections, and their
# effects add up:
#
# $$da_{11} = W_{11}\,dZ_{00} + W_{10}\,dZ_{01} + W_{01}\,dZ_{10} + W_{00}\,dZ_{11}$$
#
# The corner pixel $a_{00}$ lies in one window only, so $da_{00} = W_{00}\,dZ_{00}$. To find out for every
# pixel in which windows it lies would be tedious. There is an easier way to the same sums.
#
# ### Think from the output
#
# Take the outputs one by one, and send each gradient back to where its output came from. $Z_{00}$ came from
# the upper left window: each pixel times the weight on it. So $dZ_{00}$ goes back to each pixel of this
# window, times the weight on it. In other words: **the filter, times $dZ_{00}$, is stamped on the window.**
# The next output stamps its own window. Where stamps overlap, they add up.


# %% demo
def stamp(dz, top, left):
    """An empty 4 x 4 gradient with the filter, times dz, stamped on one window."""
    gradient = np.zeros((4, 4), dtype=int)
    gradient[top : top + 3, left : left + 3] = dz * numbered
    return gradient


dZ = np.array([[1, 2], [0, -1]])
diagrams.show_numbers(
    dZ,
    "",
    numbered,
    titles=["dZ", "filter W"],
    signed=[True, False],
    caption="Four gradients come back to a layer with this filter.",
)
diagrams.show_numbers(
    stamp(1, 0, 0),
    "+",
    stamp(2, 0, 1),
    "+",
    stamp(-1, 1, 1),
    "=",
    stamp(1, 0, 0) + stamp(2, 0, 1) + stamp(-1, 1, 1),
    titles=["1 × W", "2 × W", "-1 × W", "dA_prev"],
    signed=True,
    marks={
        0: [(0, 0, 3, 3, plots.VIOLET)],
        1: [(0, 1, 3, 3, plots.VIOLET)],
        2: [(1, 1, 3, 3, plots.VIOLET)],
    },
    caption="Each gradient stamps the filter on the window (framed) of its output; the"
    " one that is 0 stamps nothing. The sum is the gradient of the image.",
)

# %% [markdown]
# The weights are the other half of each product. $Z_{00}$ grows with a weight as fast as the pixel under it
# is bright. So what goes to $dW$ is **the window, times $dZ_{00}$**. All windows were multiplied by the same
# weights, so all of them add up in the same $dW$.

# %% demo
image = np.array([[1, 0, 2, 1], [0, 3, 1, 0], [2, 1, 0, 1], [1, 0, 1, 2]])
window_00, window_01, window_11 = image[0:3, 0:3], image[0:3, 1:4], image[1:4, 1:4]

diagrams.show_numbers(
    dZ,
    "",
    image,
    titles=["dZ", "image"],
    signed=[True, False],
    caption="The same four gradients, and the image that the filter was laid on.",
)
diagrams.show_numbers(
    1 * window_00,
    "+",
    2 * window_01,
    "+",
    -1 * window_11,
    "=",
    1 * window_00 + 2 * window_01 - 1 * window_11,
    titles=["1 × window", "2 × window", "-1 × window", "dW"],
    signed=True,
    caption="Each gradient brings the window of its output. The sum is the"
    " gradient of the filter.",
)

# %% [markdown]
# The bias was simply added to every output, so $db$ is the sum of $dZ$: here, 2.
#
# For image $i$, row $h$, column $w$ and filter $c$, that is three lines:
#
# $$\begin{aligned}
# dA^{pad}_{window} &\mathrel{+}= W_c \cdot dZ_{i,h,w,c}\\
# dW_c &\mathrel{+}= A^{pad}_{window} \cdot dZ_{i,h,w,c}\\
# db_c &\mathrel{+}= dZ_{i,h,w,c}
# \end{aligned}$$
#
# in the same four loops as on the way there. (It is also why the gravel taught us Sobel's filter: sliding
# the error over the image adds up each window times its error.)
#
# **Padding.** The windows lie on the padded image, so the gradients are stamped on a padded array. At the
# end its border is cut off, as nobody asks for the gradient of the zeros. Mind the case without padding:
# `x[0:-0]` is empty.
#
# ### Exercise: conv_backward
#
# From `dZ`, of the shape of `Z`, and the cache of `conv_forward`, compute `dA_prev`, `dW` and `db`, of the
# shapes of `A_prev`, `W` and `b`.


# %% exercise="conv_backward"
def conv_backward(dZ, cache):
    """The gradients of the input, the filters and the biases.

    dZ has shape (m, n_H, n_W, n_C); cache is (A_prev, W, b, hparameters), from
    conv_forward.
    Returns dA_prev, dW and db, with the shapes of A_prev, W and b.
    """
    ### BEGIN SOLUTION
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    f = W.shape[0]
    m, n_H, n_W, n_C = dZ.shape

    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = np.zeros(A_prev_pad.shape)
    dW = np.zeros(W.shape)
    db = np.zeros(b.shape)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                rows = slice(h * stride, h * stride + f)
                columns = slice(w * stride, w * stride + f)
                for c in range(n_C):
                    dA_prev_pad[i, rows, columns, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += A_prev_pad[i, rows, columns, :] * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]

    _, n_H_prev, n_W_prev, _ = A_prev.shape
    dA_prev = dA_prev_pad[:, pad : pad + n_H_prev, pad : pad + n_W_prev, :]
    return dA_prev, dW, db
    ### END SOLUTION


# %% check="conv_backward" points=6

# %% [markdown]
# You can test a gradient without knowing how it was derived: nudge one weight up and down a little, and see
# how the loss changes. Below, the loss is $J = \sum Z · dZ$, because then the gradient of $Z$ is $dZ$ itself.
# The check above does this with all the numbers.

# %% example
with attempt():
    rng = np.random.default_rng(1)
    A_prev, dZ = rng.normal(size=(2, 5, 6, 3)), rng.normal(size=(2, 3, 3, 4))
    W, b = rng.normal(size=(3, 3, 3, 4)), rng.normal(size=(1, 1, 1, 4))
    hparameters = {"stride": 2, "pad": 1}

    def loss(W):
        Z, _ = conv_forward(A_prev, W, b, hparameters)
        return np.sum(Z * dZ)

    nudge = np.zeros(W.shape)
    nudge[0, 2, 1, 3] = 1e-5
    by_nudging = (loss(W + nudge) - loss(W - nudge)) / 2e-5
    _, cache = conv_forward(A_prev, W, b, hparameters)
    _, dW, _ = conv_backward(dZ, cache)
    print(f"by nudging:       {by_nudging:.8f}")
    print(f"by conv_backward: {dW[0, 2, 1, 3]:.8f}")

# %% [markdown]
# ## What you have just built
#
# A convolutional layer, complete: it computes, and it can learn. Let it look at a photograph. One layer,
# four filters, one call of your function:

# %% example
filters = {
    "vertical edges": vertical,
    "horizontal edges": horizontal,
    "Sobel, vertical": sobel,
    "Sobel, horizontal": sobel.T,
    "Scharr, vertical": scharr,
    "Scharr, horizontal": scharr.T,
    "edges in all directions": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
}

with attempt():
    chosen = ["Sobel, vertical", "Sobel, horizontal", "edges in all directions", "blur"]
    W = np.stack([filters[name] for name in chosen], axis=-1).reshape(3, 3, 1, 4)
    b = np.zeros((1, 1, 1, 4))
    Z, _ = conv_forward(coffee.reshape(1, 120, 180, 1), W, b, {"stride": 1, "pad": 0})
    edges = np.sqrt(Z[0, :, :, 0] ** 2 + Z[0, :, :, 1] ** 2)

    channels = [Z[0, :, :, c] for c in range(4)]
    plots.show_images(channels, chosen, "The four channels of the output.", columns=2)
    plots.show_images(
        [coffee, -edges],
        ["the photograph", "its edges"],
        "The two Sobel channels put together, the strongest edges darkest: a cup,"
        " drawn by your layer.",
        signed=False,
    )

# %% [markdown]
# Now play with it. Choose a filter or type nine numbers of your own, and see what stride and padding do.
# Things to try:
#
# - a blur with a stride of 4: a small image of the large one;
# - a padding of 8 with a filter for edges: where does the frame in the output come from?
# - nine numbers of your own that find edges running from the lower left to the upper right.

# %% example
images = {
    "coffee": coffee,
    "brick": datasets.photograph("brick", grey=True, size=(120, 120)),
    "chelsea": datasets.photograph("chelsea", grey=True, size=(120, 180)),
    "coins": datasets.photograph("coins", grey=True, size=(120, 152)),
}
with attempt():
    explore_filters(images, filters, conv_forward)

# %% [markdown]
# ## Spot the mistake
#
# Good lecture notes have slips too. These five claims are from the notes that this course grew out of, and
# each of them is wrong. Set them right.
#
# | name | the notes say | your answer |
# | :--- | :--- | :--- |
# | `conv1_parameters` | Six 5 × 5 filters on a 32 × 32 × 3 image: $(5·5 + 1)·6 = 156$ parameters. | the number |
# | `flip` | The mathematical convolution transposes the filter. | what it flips, see below |
# | `output_size` | The output size is n + 2p - f / s + 1. | the size for n = 7, p = 1, f = 4, s = 2 |
# | `conv1_units` | This layer is made of 28·28·6 = 4704 layers. | what there are 4704 of, see below |
# | `wide_image_weights` | 3000 × 3000 × 3, fully connected to 1000 units: 3 billion weights. | the number |
#
# For `flip`, answer `"rows"`, `"columns"`, `"both"` or `"neither"`; for `conv1_units`, `"layers"`, `"units"`,
# `"filters"` or `"parameters"`. (Read as it stands, the formula for the output size gives 8.)
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet: each answer
# counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"conv1_parameters": a number, "flip": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "conv1_parameters": (5 * 5 * 3 + 1) * 6,
        "flip": "both",
        "output_size": (7 + 2 * 1 - 4) // 2 + 1,
        "conv1_units": "units",
        "wide_image_weights": 3000 * 3000 * 3 * 1000,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Sobel's filter is the product of a column (1, 2, 1) and a row (1, 0, -1). Slide the row over the coffee cup, then the
#   column over the result: it is the same picture. How many multiplications does it take for a filter of f × f? Which
#   of the filters below the photograph can be taken apart like this? (`np.linalg.svd` knows.)
# - A sum of products over all shifts is one product after a Fourier transform. Write `slide` with `np.fft.rfft2`. What
#   happens at the border, and from which filter size on is it the faster of the two?
# - Give `hparameters` an entry `dilation`, the distance between neighbouring pixels under the filter. What becomes of
#   the output size, and of `conv_backward`?
#
# ## Where this comes from
#
# David Hubel and Torsten Wiesel found cells in the visual cortex of the cat that respond to an edge in one
# direction and one place, and others, the complex cells, that still respond when the edge moves a little
# (1962): the next notebook builds both. Kunihiko Fukushima built a network of such cells, with shared weights, and
# called it Neocognitron (1980). Yann LeCun and others trained one by backpropagation, to read handwritten
# digits (1989). The filters are named after Irwin Sobel, who presented his with Gary Feldman in a talk in
# 1968, and Hanno Scharr, who asked in his dissertation (2000) which numbers treat all directions alike.
# Vincent Dumoulin and Francesco Visin's *A guide to convolution arithmetic for deep learning* (2016) draws
# every combination of padding and stride.
#
# The next notebook adds pooling, puts your layers together, and trains them to read real digits.
