"""Plays systemd for one unit in a clean root: starts it as its user, takes its
notices over a datagram socket, restarts it, minds its watchdog, stops it.

Reads commands on standard input (kill, freeze, stop), writes one JSON object a
line on standard output. What it takes from the unit: ExecStart, User, Restart,
RestartSec, TimeoutStopSec, WatchdogSec (unless told another).

Usage: unshare -m python3 unit_runner.py ROOT UNIT [WATCHDOG_SECONDS]
"""
import json, os, re, select, signal, socket, subprocess, sys, time

root, unit_path = sys.argv[1], sys.argv[2]


def unit(path):
    values = {}
    for line in open(path):
        match = re.match(r"([A-Za-z]+)=(.*)", line.strip())
        if match:
            values[match[1]] = match[2]
    return values


u = unit(unit_path)
watchdog = float(sys.argv[3]) if len(sys.argv) > 3 else float(u["WatchdogSec"])
started = time.monotonic()


def say(event, **more):
    print(json.dumps({"event": event, "at": round(time.monotonic() - started, 3), **more}), flush=True)


for name in ("proc", "dev"):
    subprocess.run(["mount", "--rbind", f"/{name}", f"{root}/{name}"], check=True)
os.makedirs(f"{root}/run/systemd", exist_ok=True)
os.chdir(root)
if os.path.exists("run/systemd/notify"):
    os.unlink("run/systemd/notify")
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind("run/systemd/notify")
os.chmod("run/systemd/notify", 0o777)


def start():
    process = subprocess.Popen(
        ["chroot", f"--userspec={u['User']}:{u['Group']}", root,
         "/usr/bin/env", "-i", "-C", u["WorkingDirectory"], "PATH=/usr/bin:/bin",
         "NOTIFY_SOCKET=/run/systemd/notify", f"WATCHDOG_USEC={int(watchdog * 1e6)}",
         *u["ExecStart"].split()],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    say("started", pid=process.pid)
    return process


process, stopping, last_alive, output, is_open = start(), 0.0, None, b"", True
ended_at = 0.0
while True:
    now = time.monotonic()
    inputs = [notify, sys.stdin]
    if process is not None and is_open:
        inputs.append(process.stdout)
    ready, _, _ = select.select(inputs, [], [], 0.05)
    if notify in ready:
        data, fds, _, _ = socket.recv_fds(notify, 4096, 8)
        for fd in fds:
            os.close(fd)
        for line in data.decode().split("\n"):
            name, _, value = line.partition("=")
            if name in ("READY", "WATCHDOG"):
                last_alive = now
            if name in ("READY", "WATCHDOG", "STOPPING", "STATUS"):
                say("notice", name=name, value=value)
    if process is not None and process.stdout in ready:
        chunk = os.read(process.stdout.fileno(), 65536)
        output += chunk
        is_open = chunk != b""
        while b"\n" in output:
            line, output = output.split(b"\n", 1)
            say("log", line=line.decode(errors="replace"))
    if sys.stdin in ready:
        command = sys.stdin.readline().strip()
        if command == "kill":
            process.send_signal(signal.SIGKILL)
        elif command == "freeze":
            process.send_signal(signal.SIGSTOP)
        elif command in ("stop", ""):
            stopping = now
            if process is None:
                sys.exit(0)
            process.send_signal(signal.SIGTERM)
    if process is not None and process.poll() is not None and not is_open:
        code, process, last_alive = process.returncode, None, None
        say("ended", code=code, tookToStop=round(now - stopping, 3) if stopping else None)
        if stopping or code == 0:
            sys.exit(0)
        ended_at = now
    if process is None and now - ended_at > float(u["RestartSec"]):
        process, is_open = start(), True
    if process is not None and last_alive is not None and now - last_alive > watchdog:
        say("watchdog", silent=round(now - last_alive, 3))
        last_alive = None
        process.send_signal(signal.SIGKILL)
    if stopping and process is not None and now - stopping > float(u["TimeoutStopSec"]):
        say("timeout")
        process.send_signal(signal.SIGKILL)
