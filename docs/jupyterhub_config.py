# A class on JupyterHub, explained in docs/jupyterhub.md: copy this file to where the hub runs, change the first lines.
import os
import shutil
import sys
from pathlib import Path

CLASS = Path(os.environ.get("DLCOURSE_CLASS", "/srv/dlcourse/class"))  # one folder for each class
LEARNERS = {"ada", "grace"}
TEACHERS = {"teacher"}  # also a group of this system: the only others who may read what learners hand in

c = get_config()  # noqa: F821  (JupyterHub provides it)
c.Authenticator.allowed_users = LEARNERS | TEACHERS

# Everybody gets the course, laid out in a folder of their own, as `dlcourse lab` does it at home.
c.Spawner.cmd = [str(Path(sys.executable).with_name("dlcourse")), "lab", "my-course"]
c.Spawner.environment = {"DLCOURSE_CLASS": str(CLASS), "DLCOURSE_SOLUTIONS": "off"}
c.Spawner.mem_limit = "3G"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120


def folders_of(spawner):
    """Before somebody's server starts: a folder for what they hand in, one for feedback; others cannot read them."""
    learner = spawner.user.name
    for kind in ("submitted", "feedback"):
        (CLASS / kind).mkdir(parents=True, exist_ok=True)
        (CLASS / kind).chmod(0o711)
        if learner in LEARNERS:
            own = CLASS / kind / learner
            own.mkdir(exist_ok=True)
            if os.geteuid() == 0 and has_account(learner):
                shutil.chown(own, learner, "teacher")
                own.chmod(0o2770)


def has_account(name):
    import pwd

    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


c.Spawner.pre_spawn_hook = folders_of
