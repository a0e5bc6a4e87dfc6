#: You write: one line, to meet the check, a mistake and a hint
#: Applied to: a map of the course that shows how far you have come

# %% [markdown]
# # Start here
#
# This course is a folder of notebooks. A notebook is a page with text, pictures and cells of code, which you
# change and run. In each one you write the functions that a network is made of, and a check under every
# function says at once whether it is right, and if not, what is wrong with it.
#
# The grey boxes on this page are cells of code. Click into the first one and press **Shift-Enter**: that runs
# it and goes on to the next. Press it again there.

# %% setup
from dlcourse.checks.start import check, hint, solution
from dlcourse.workspace import course_map, doctor, hand_in, learning_paths

# %% [markdown]
# Nothing is shown under these two, because they only fetch what this page needs; but a number has appeared on
# the left of each. Go on with Shift-Enter.
#
# ## The map
#
# All the notebooks, and how far you have come. A name opens its notebook. Run the cell once: from then on the
# map changes by itself whenever you run a check, in whichever notebook it is.

# %% demo
course_map.show()

# %% [markdown]
# What you have done is noted in one small file in this folder and sent nowhere.
#
# ## Ways through the course
#
# An arrow leads from a notebook to one that builds on it. You may begin at 01, where pictures begin, or at 17,
# where sequences do; nothing is locked.

# %% demo
learning_paths.show()

# %% [markdown]
#
# ## Is this machine ready?
#
# This looks for everything the course needs. It takes some seconds, most of them for TensorFlow.

# %% demo
doctor.show()

# %% [markdown]
# ## One exercise, to try it
#
# Every exercise goes like this one. First comes what the function must do, then a cell to write it in, then a
# cell that checks it.
#
# ### Exercise: total_minutes
#
# A film lasts 2 hours and 15 minutes. How many minutes is that? Write a function that says it for any film:
# `total_minutes(hours, minutes)` returns a whole number, and `total_minutes(2, 15)` is that of this film.
#
# 1. Run both cells as they are. The check says that nothing has been attempted.
# 2. Now be wrong on purpose: put `return hours + minutes` in place of the line that begins with `raise`. Run
#    both cells again. The check shows the simplest case that fails, and names the mistake.
# 3. Press **Hint** under the check. Each press says a little more. `hint(total_minutes)` in a cell of your own
#    does the same.
# 4. Mend the function, and run both cells once more.


# %% exercise="total_minutes"
def total_minutes(hours, minutes):
    """How many minutes a film of so many hours and minutes lasts, as a whole number."""
    ### BEGIN SOLUTION
    return 60 * hours + minutes
    ### END SOLUTION


# %% check="total_minutes" points=1

# %% [markdown]
# Look at the map again: this page has been ticked off.
#
# ## What is good to know
#
# - **Every check draws new numbers**, so an answer that fits only one case does not pass. A check can be run
#   as often as you like. The map keeps the best result; what you hand in is graded as it then is.
# - **Parts count.** What is right earns its points, even where something else is wrong.
# - **Leave the arguments as they are.** A function that writes into an array or a list that it was given loses
#   points, since whoever called it may still need them. Work on a copy.
# - **After an attempt you may look at a solution**, with the button or with `solution(total_minutes)`. Your
#   teacher may have turned that off.
# - **Start again** shows the text that a function began with. `dlcourse reset 01 zero_pad` in a terminal puts
#   it back into the notebook, and keeps what you had.
# - **When a notebook behaves strangely**, choose *Kernel > Restart Kernel and Run All Cells*. Functions that you
#   have not written yet do not stop it.
# - **Saving** happens by itself, every five seconds; Ctrl-S does it at once. Nothing that you write is ever
#   overwritten by a newer release of the course.
# - **Cells that only draw are folded**, so that text, picture and your own code stand together. A click on the
#   bar where a cell's text would be opens it.
# - **A notebook that is left alone for half an hour** gives its memory back: its kernel is ended, unless it is
#   computing. Text, code and pictures stay. To go on, choose *Run > Run All Cells*.
#
# ## Hand in
#
# If you have a teacher: this saves what is open, makes one small file of a notebook, and says exercise by
# exercise what your teacher will see. The same button stands under the last check of each notebook, and
# `dlcourse submit 01` in a terminal does the same.

# %% demo
hand_in.show()

# %% [markdown]
# The first notebook is [Convolution, step by step](01_convolution/01_convolution.ipynb).
