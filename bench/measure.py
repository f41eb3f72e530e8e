"""Runs a command several times and says what it took: wall clock, CPU, peak memory. Nothing else."""
import os, statistics, subprocess, time


def run(command, runs=5, env=None, cwd=None, stdout=subprocess.DEVNULL, ok=(0,)):
    """Returns {wall: [s], cpu: [s], rss: bytes}; ends the bench when the command fails."""
    wall, cpu, rss = [], [], 0
    for _ in range(runs):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=env, cwd=cwd)
        error = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall.append(time.perf_counter() - start)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in ok:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {child.returncode}:\n{error.decode(errors='replace')[-2000:]}")
        cpu.append(usage.ru_utime + usage.ru_stime)
        rss = max(rss, usage.ru_maxrss * 1024)
    return {"wall": wall, "cpu": cpu, "rss": rss}


def median(result, key="wall"):
    return statistics.median(result[key])


def row(name, result):
    low, mid, high = min(result["wall"]), median(result), max(result["wall"])
    cpu, rss = median(result, "cpu"), result["rss"] / 1e6
    return f"{name:<34} {low * 1000:10.1f} {mid * 1000:10.1f} {high * 1000:10.1f} ms   cpu {cpu * 1000:9.1f} ms   peak {rss:8.1f} MB"
