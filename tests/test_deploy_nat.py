"""The instance as NAT of the private subnets: its own firewall rules in a kernel, between three network namespaces.

A function, the instance and the world are namespaces of their own; nothing of this machine's network is touched.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.stack_template import resolved, translated

FUNCTION, WORLD = "10.87.128.5", "203.0.113.9"
INSTANCE_INSIDE, INSTANCE_OUTSIDE = "10.87.128.1", "203.0.113.1"
METADATA, PRIVATE = "169.254.169.254", "172.20.0.9"
SERVE = """
import socket, threading, time
def serve(port):
    with socket.create_server(("0.0.0.0", port)) as server:
        while True:
            client, address = server.accept()
            client.sendall(address[0].encode())
            client.close()
for port in (443, 80):
    threading.Thread(target=serve, args=(port,), daemon=True).start()
time.sleep(60)
"""
ASK = """
import socket, sys, time
def ask(host, port, tries):
    for _ in range(tries):
        try:
            with socket.create_connection((host, port), 1) as connection:
                return connection.recv(100).decode()
        except ConnectionRefusedError:
            time.sleep(0.1)  # nobody listens yet
        except OSError:
            return "no way"
    return "refused"
for word in sys.argv[1:]:
    host, port = word.split(":")
    print(word, ask(host, int(port), 50))
"""
SCRIPT = f"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run  # where ip keeps the namespaces' names: not this machine's
mkdir /run/netns
for one in function instance world; do ip netns add $one; ip -n $one link set lo up; done
ip link add f0 netns function type veth peer name i0 netns instance
ip link add i1 netns instance type veth peer name w0 netns world
ip -n function addr add {FUNCTION}/24 dev f0
ip -n instance addr add {INSTANCE_INSIDE}/24 dev i0
ip -n instance addr add {INSTANCE_OUTSIDE}/24 dev i1
for address in {WORLD}/24 {METADATA}/32 {PRIVATE}/32; do ip -n world addr add $address dev w0; done
ip -n function link set f0 up
ip -n instance link set i0 up
ip -n instance link set i1 up
ip -n world link set w0 up
ip -n function route add default via {INSTANCE_INSIDE}
for address in {METADATA} {PRIVATE}; do ip -n instance route add $address via {WORLD}; done
ip -n world route add 10.87.0.0/16 via {INSTANCE_OUTSIDE}
ip netns exec instance sysctl -qw net.ipv4.ip_forward=1
ip netns exec instance nft -f "$1"
ip netns exec world "$2" -c "$3" &
served=$!
ip netns exec function "$2" -c "$4" {WORLD}:443 {WORLD}:80 {METADATA}:443 {PRIVATE}:443
ip netns exec function "$2" -c "$3" &
listens=$!
ip netns exec world "$2" -c "$4" {FUNCTION}:443
kill $served $listens
"""


def has_namespaces() -> bool:
    tools = all(shutil.which(tool) for tool in ("unshare", "ip", "nft"))
    return tools and os.geteuid() == 0 and subprocess.run(["unshare", "-nm", "true"], check=False).returncode == 0


@pytest.mark.skipif(
    not has_namespaces(), reason="needs root, network namespaces, and the packages iproute2 and nftables"
)
def test_functions_reach_443_of_the_world_and_nothing_else(tmp_path: Path) -> None:
    script = resolved(translated())["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]
    found = re.search(r"cat >/etc/nftables.conf <<'END'\n(.*?)\nEND\n", script, re.DOTALL)
    assert found
    rules = tmp_path / "nftables.conf"
    rules.write_text(found[1] + "\n")
    python = shutil.which("python3") or "python3"
    words = ["unshare", "-nm", "--kill-child", "bash", "-c", SCRIPT, "nat", rules, python, SERVE, ASK]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert dict(line.split(" ", 1) for line in done.stdout.splitlines()) == {
        f"{WORLD}:443": INSTANCE_OUTSIDE,  # as the world sees who asks
        f"{WORLD}:80": "no way",
        f"{METADATA}:443": "no way",
        f"{PRIVATE}:443": "no way",
        f"{FUNCTION}:443": "no way",  # of the world: nobody gets in
    }
