"""The reference of the start page's exercise, which shows how every exercise of the course goes."""


def total_minutes(hours: int, minutes: int) -> int:
    """60 hours + minutes.

    Args:
        hours: at least 0.
        minutes: from 0 to 59.
    """
    return 60 * hours + minutes
