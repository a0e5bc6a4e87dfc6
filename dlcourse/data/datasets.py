"""Real pictures that other packages bring with them, readable without a network.

Nothing here is downloaded: the files are inside the installed scikit-image and scikit-learn wheels.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Photograph:
    """Where a photograph is, who made it, and on what terms it may be used."""

    package: str
    file: str
    source: str
    licence: str


# Only pictures whose terms are written down; scikit-image also ships a few without (moon, page, the motorcycle pair).
PHOTOGRAPHS = {
    "astronaut": Photograph("skimage", "data/astronaut.png", "NASA, Great Images", "public domain"),
    "brick": Photograph("skimage", "data/brick.png", "CC0Textures, Bricks25", "CC0"),
    "camera": Photograph("skimage", "data/camera.png", "Lav Varshney", "CC0"),
    "cell": Photograph("skimage", "data/cell.png", "Paul Müller and others, Optics Express 26(8), 2018", "CC0"),
    "chelsea": Photograph("skimage", "data/chelsea.png", "Stefan van der Walt", "CC0"),
    "china": Photograph("sklearn", "datasets/images/china.jpg", "danielbuechele, Flickr", "CC BY 2.0"),
    "clock": Photograph("skimage", "data/clock_motion.png", "Stefan van der Walt", "public domain"),
    "coffee": Photograph("skimage", "data/coffee.png", "Rachel Michetti, Pikolo Espresso Bar", "CC0"),
    "coins": Photograph("skimage", "data/coins.png", "Brooklyn Museum Collection", "no known restrictions"),
    "flower": Photograph("sklearn", "datasets/images/flower.jpg", "vultilion, Flickr", "CC BY 2.0"),
    "grass": Photograph("skimage", "data/grass.png", "linolafett, DeviantArt", "CC0"),
    "gravel": Photograph("skimage", "data/gravel.png", "CC0Textures, Gravel04", "CC0"),
    "hubble_deep_field": Photograph("skimage", "data/hubble_deep_field.jpg", "NASA, HubbleSite", "public domain"),
    "immunohistochemistry": Photograph(
        "skimage", "data/ihc.png", "Center for Microscopy and Molecular Imaging", "no known restrictions"
    ),
    "retina": Photograph("skimage", "data/retina.jpg", "Mikael Häggström, WikiJournal of Medicine, 2014", "CC0"),
    "rocket": Photograph("skimage", "data/rocket.jpg", "SpaceX", "public domain"),
}


def photograph(
    name: str, grey: bool = False, size: int | tuple[int, int] | None = None
) -> Float[np.ndarray, "n_H n_W *n_C"]:
    """One of the photographs in PHOTOGRAPHS, as brightness between 0 and 1.

    Args:
        grey: one brightness per pixel, shape (n_H, n_W); otherwise red, green and blue, shape (n_H, n_W, 3).
        size: the number of rows, proportions kept; or (rows, columns). None: as it was taken.

    Raises:
        ValueError: no photograph has this name.
        FileNotFoundError: the package that ships the photograph came without its pictures.
    """
    from PIL import Image

    if name not in PHOTOGRAPHS:
        raise ValueError(f"There is no photograph {name!r}. Choose one of: {', '.join(PHOTOGRAPHS)}.")
    with Image.open(_path(PHOTOGRAPHS[name].package, PHOTOGRAPHS[name].file)) as file:
        image = np.asarray(file.convert("RGB"), dtype=np.float64) / 255
    if grey:
        image = image @ np.array(
            [0.2125, 0.7154, 0.0721]
        )  # the eye's sensitivity to red, green and blue (ITU-R BT.709)
    if size is not None:
        from skimage.transform import resize

        rows, columns = (size, round(size * image.shape[1] / image.shape[0])) if isinstance(size, int) else size
        image = resize(image, (rows, columns), anti_aliasing=True)
    return np.clip(image, 0.0, 1.0)


def credit(name: str) -> str:
    """The source and the licence of a photograph, for a caption."""
    photo = PHOTOGRAPHS[name]
    return f"Photograph: {photo.source} ({photo.licence})."


def digits() -> tuple[Float[np.ndarray, "m 8 8 1"], Int[np.ndarray, " m"]]:
    """1,797 handwritten digits as 8x8 pictures between 0 and 1, and which digit each one is.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository,
    1998 (CC BY 4.0), as shipped with scikit-learn.
    """
    rows = np.loadtxt(_path("sklearn", "datasets/data/digits.csv.gz"), delimiter=",", dtype=np.int64)
    return rows[:, :64].reshape(-1, 8, 8, 1) / 16.0, rows[:, 64]


def _path(package: str, file: str) -> Path:
    # find_spec does not import the package: reading one file must not cost the import of scikit-learn
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise FileNotFoundError(f"{Path(file).name} is part of {package}; install it and try again.")
    path = Path(spec.origin).parent / file
    if not path.exists():
        raise FileNotFoundError(f"{file} is missing from the installed {package}; pip installs a wheel that has it.")
    return path
