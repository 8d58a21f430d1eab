"""Seconds of a processor: what other work on the machine changes less than the time that passes."""

import contextlib
import resource
import time

import psutil

from energy_monitor.workspace import Workspace


def processor_s(workspace: Workspace) -> float:
    """What this process, the children that it waited for, and the workspace's server have had so far."""
    postmaster = psutil.Process(int((workspace.postgres.data / "postmaster.pid").read_text().split()[0]))
    ended = postmaster.cpu_times()
    living = []
    for child in postmaster.children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended since
            living.append(child.cpu_times())
    server = ended.children_user + ended.children_system + sum(one.user + one.system for one in living)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime + float(server)
