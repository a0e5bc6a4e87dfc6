"""Talking with a kernel that is not trusted: nbclient and jupyter_client, with a bound on whatever comes back."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from typing import Any

import nbformat
import zmq
from jupyter_client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient
from traitlets import Type

from autograder.running.limits import Limits
from autograder.running.watch import FIRST_LOOK
from dlcourse.checking import plain
from dlcourse.checking.calling import Call, Outcome

PERFORM = "dlcourse_perform"
LONGEST_ERROR = 4000
LARGEST_MESSAGE = 32 * 2**20  # what one message of output may weigh; a larger one is lost, and the connection restarts


class BoundedChannel(AsyncZMQSocketChannel):
    """Counts the bytes that arrive and drops messages that are not well formed or not signed."""

    received = 0
    allowed = 0
    on_flood: Callable[[], None] = staticmethod(lambda: None)

    async def _recv(self, **options: Any) -> dict:
        while True:
            parts = await self.socket.recv_multipart(**options)
            self.received += sum(len(part) for part in parts)
            if self.received > self.allowed:
                self.on_flood()
                await asyncio.sleep(3600)  # the conversation is over: whoever waits here is cancelled
            try:
                _, rest = self.session.feed_identities(parts)
                message = self.session.deserialize(rest)
                message["parent_header"].get("msg_id"), message["content"].get("status")
                return message
            except Exception:  # forged: as if it had not come
                continue


class BoundedClient(AsyncKernelClient):
    """A client whose sockets hold little: a kernel that talks to nobody does not fill the grader's memory."""

    limits = Limits()
    monitors: list = []
    shell_channel_class = Type(BoundedChannel)
    iopub_channel_class = Type(BoundedChannel)

    def _create_connected_socket(self, channel, identity=None):
        size = LARGEST_MESSAGE if channel == "iopub" else self.limits.reply + 2**20
        self.context.setsockopt(zmq.MAXMSGSIZE, size)
        self.context.setsockopt(zmq.RCVHWM, 2)
        connected = super()._create_connected_socket(channel, identity=identity)
        if channel in ("shell", "iopub"):
            self.monitors = [*self.monitors, (connected, connected.get_monitor_socket(zmq.EVENT_DISCONNECTED))]
        return connected

    async def cut_off(self) -> None:
        """Wait until a connection is cut, which happens when a message is larger than it may be."""
        await asyncio.sleep(FIRST_LOOK)  # most cells end before it
        waiting = [asyncio.ensure_future(monitor.recv_multipart()) for _, monitor in self.monitors]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(1.0)  # a kernel that has ended cuts it too, and is noticed by then
        finally:
            for one in waiting:
                one.cancel()

    def stop_channels(self):
        for connected, monitor in self.monitors:
            connected.disable_monitor()  # or its address stays taken, and another socket may want the same
            monitor.close(linger=0)
        self.monitors = []
        for channel in (self.shell_channel, self.iopub_channel):
            channel.stop()  # Jupyter's own way would open the other channels first, to close them


class Runner(NotebookClient):
    """nbclient without what would let a kernel work in the grader: no widgets' state, no rewriting of streams.

    (nbclient removes backspaces in time quadratic in the text; a learner chooses the text.)
    """

    def handle_comm_msg(self, outs, msg, cell_index) -> None:
        return

    def process_message(self, msg, cell, cell_index):
        try:
            return super().process_message(msg, cell, cell_index)
        except (KeyError, TypeError, AttributeError, ValueError):
            return None  # forged


def runner(manager, client) -> Runner:
    found = Runner(
        nbformat.v4.new_notebook(),
        km=manager,
        allow_errors=True,
        timeout=None,
        coalesce_streams=False,
        store_widget_state=False,
        iopub_timeout=60,
        raise_on_iopub_timeout=True,
        record_timing=False,
    )
    found.kc = client
    found.log.disabled = True
    return found


async def ready(client: BoundedClient) -> None:
    """Wait until the kernel answers on one channel and is heard on the other."""
    heard = asyncio.ensure_future(client.iopub_channel.get_msg(timeout=None))
    while not heard.done():  # what it says before the subscription has reached it is lost, so ask again
        await _reply(client, client.kernel_info())
        await asyncio.wait({heard}, timeout=1.0)


async def perform(client: BoundedClient, calls: Sequence[Call], limits: Limits) -> list[Outcome]:
    """Send the calls and read the outcomes. What cannot be read as one outcome for each call is an error in all."""
    session, channel = client.session, client.shell_channel
    message = session.msg(PERFORM, {"largest": limits.reply})
    session.send(channel.socket, message, buffers=[_packed(calls)])
    drain = asyncio.ensure_future(_drain(client))
    try:
        reply = await _reply(client, message["header"]["msg_id"])
    finally:
        drain.cancel()
    try:
        if reply["content"].get("status") != "ok":
            raise ValueError(str(reply["content"].get("error", "no reason given")))
        return outcomes_of(reply["buffers"][0], len(calls), limits.reply)
    except Exception as error:  # anything else than outcomes is no evidence
        return unread(error, len(calls))


def outcomes_of(data: bytes | memoryview, count: int, largest: int) -> list[Outcome]:
    """The outcomes in a kernel's answer to `count` calls.

    Raises:
        ValueError: it holds something else.
    """
    fields = plain.loads(bytes(data), largest=largest)
    if type(fields) is not list or len(fields) != count:
        raise ValueError("There is not one outcome for each call.")
    return [Outcome.from_plain(one) for one in fields]


def unread(error: Exception, count: int) -> list[Outcome]:
    return [Outcome("error", error=f"The answer could not be read. {error}"[:LONGEST_ERROR])] * count


_known: dict[tuple[int, ...], tuple[list[Call], bytes]] = {}


def _packed(calls: Sequence[Call]) -> bytes:
    """The calls as bytes. A class is asked the same of everybody, so each exercise's calls are packed once."""
    key = tuple(map(id, calls))
    if key not in _known:
        if len(_known) >= 64:
            _known.clear()
        # The calls are kept beside the bytes: while they live, no others have their identities.
        _known[key] = (list(calls), plain.dumps([call.to_plain() for call in calls]))
    return _known[key][1]


async def _reply(client: BoundedClient, request: str) -> dict:
    while True:
        message = await client.shell_channel.get_msg(timeout=None)
        if message["parent_header"].get("msg_id") == request:
            return message


async def _drain(client: BoundedClient) -> None:
    while True:
        await client.iopub_channel.get_msg(timeout=None)


def describe_death(status: int | None, log: str = "") -> str:
    if status is None:
        return "The kernel ended."
    if status == 70 and log:
        return f"The kernel could not start: {log.splitlines()[-1]}"
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"The kernel crashed or was ended ({signal.Signals(-status).name})."
    return f"The kernel ended itself with exit status {status}."
