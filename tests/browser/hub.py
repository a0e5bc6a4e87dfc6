"""JupyterHub with docs/jupyterhub_config.py, as a teacher sets it up, but for people who have no accounts here."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

from classroom import ROOT

PASSWORD = "the password of this test"
PROXY = ROOT / "node_modules" / ".bin" / "configurable-http-proxy"
CONFIG = """
import os
load_subconfig(os.environ["CLASS_CONFIG"])
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["CLASS_PASSWORD"]
c.JupyterHub.spawner_class = "simple"  # gives people a folder, not an account
c.SimpleLocalProcessSpawner.home_dir_template = os.environ["CLASS_HOMES"] + "/{username}"
public, hub, proxy = os.environ["CLASS_PORTS"].split()
c.JupyterHub.bind_url = f"http://127.0.0.1:{public}/jupyter"
c.JupyterHub.hub_connect_ip = "127.0.0.1"
c.JupyterHub.hub_port = int(hub)
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy}"
c.ConfigurableHTTPProxy.command = [os.environ["CLASS_PROXY"]]
c.JupyterHub.cookie_secret_file = os.path.join(os.getcwd(), "cookie_secret")
c.JupyterHub.db_url = "sqlite:///" + os.path.join(os.getcwd(), "hub.sqlite")
"""


@contextlib.contextmanager
def jupyterhub(folder: Path):
    """Run it in a folder, with the class in `class/` and homes in `homes/`; the address of its first page."""
    assert PROXY.exists(), "The proxy is not there: `make packages` has npm fetch it."
    (folder / "config.py").write_text(CONFIG)
    (folder / "homes").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "DLCOURSE"))}
    environment |= {
        "CLASS_CONFIG": str(ROOT / "docs" / "jupyterhub_config.py"),
        "CLASS_PASSWORD": PASSWORD,
        "CLASS_HOMES": str(folder / "homes"),
        "CLASS_PORTS": " ".join(map(str, free_ports(3))),
        "CLASS_PROXY": str(PROXY),
        "DLCOURSE_CLASS": str(folder / "class"),
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"JupyterHub is now running at (\S+)", line):
                break
        else:
            raise RuntimeError("JupyterHub did not start: " + "".join(said))
        threading.Thread(target=lambda: said.extend(process.stdout), daemon=True).start()
        yield found[1]
    except BaseException:
        (folder / "hub.log").write_text("".join(said))
        print("".join(said[-60:]))
        raise
    finally:
        process.terminate()  # it ends its proxy and everybody's server
        process.wait(timeout=60)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
