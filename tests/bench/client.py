"""The client of the benchmark where no compiler is installed; client.c explains it."""
import json, os, select, socket, subprocess, sys, time

target, mode, *args = sys.argv[1:]
started = time.perf_counter()
if target.startswith("exec:"):
    child = subprocess.Popen(target[5:], shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    source, sink = child.stdout.fileno(), child.stdin.fileno()
else:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(target)
    source = sink = connection.fileno()


def send(data):
    while data:
        data = data[os.write(sink, data):]


def receive():
    return os.read(source, 1 << 20)


def until(needle):
    total, window = 0, b""
    while needle not in window:
        chunk = receive()
        if not chunk:
            sys.exit("end")
        total += len(chunk)
        window = (window + chunk)[-256:]
    return total


def report(**values):
    print(json.dumps(values))


if mode == "first":
    send(args[0].encode())
    receive()
    report(seconds=time.perf_counter() - started)
elif mode == "latency":
    line, times = args[1].encode(), []
    for _ in range(int(args[0])):
        start = time.perf_counter()
        send(line)
        while not receive().endswith(args[2].encode()):
            pass
        times.append((time.perf_counter() - start) * 1e6)
    times.sort()
    report(p50=times[len(times) // 2], p99=times[len(times) * 99 // 100])
elif mode == "pipeline":
    count, line = int(args[0]), args[1].encode()
    os.set_blocking(sink, False)
    batch, left, answered = line * 500, count * len(line), 0
    offset, start = 0, time.perf_counter()
    while answered < count:
        readable, writable, _ = select.select([source], [sink] if left else [], [])
        if readable:
            answered += receive().count(b"\n")
        if writable:
            n = os.write(sink, batch[offset:offset + left])
            left, offset = left - n, (offset + n) % len(batch)
    report(perSecond=count / (time.perf_counter() - start))
elif mode == "spawns":
    start = time.perf_counter()
    for i in range(int(args[0])):
        send((args[1] % i).encode())
        until(b'"exitCode"')
    report(perSecond=int(args[0]) / (time.perf_counter() - start))
elif mode == "until":
    start = time.perf_counter()
    send(args[1].encode())
    total = until(args[0].encode())
    report(seconds=time.perf_counter() - start, bytes=total)
elif mode == "drain":
    start, total = time.perf_counter(), 0
    while chunk := receive():
        total += len(chunk)
    report(seconds=time.perf_counter() - start, bytes=total)
