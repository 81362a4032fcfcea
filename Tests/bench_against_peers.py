#!/usr/bin/env python3
"""Runs Troupe and its peers in turn on the same cores, and prints the median of each, their ratio and their peak memory.

    python3 -m venv peers
    peers/bin/pip install scikit-learn==1.9.1 threadpoolctl numpy torch jax psutil
    swift build --configuration release
    python3 Tests/bench_against_peers.py --python peers/bin/python --troupe .build/release/troupe --bench all

A round is one run of each peer and one `troupe bench`, so that whatever else the machine does meets both alike; each warms
up first, and what a process does before that (start, imports) is not measured, except by `first-result`. A ratio above 1
means that ours is better. Peak memory is the largest resident size of the process.

- `bagging-digits`: the job Cluster/jobs/bagging-digits.yaml against scikit-learn: 32 networks 64-64-10, 20 epochs, batches
  of 32, Adam at 0.001, trained on the same 1,258 rows by both, and tested on the other 539. Both times contain the fit, the
  compiler's work on our side, and the test. Ours also contains the out-of-bag estimate, which the peer's does not. Ends
  with status 1 when the ratio is below `--least` (4), or when the accuracies are further apart than chance can explain: a
  faster wrong answer does not count.
- `bagging`, `batched-members`, `maml-sinusoid`, `maml-conv4`, `multitask`: against a script in the folder `--peers`, which
  prints a line of JSON for each figure; `--variant` names another of its variants. `bagging` is training alone; the script
  of maml-sinusoid draws its data beforehand, ours within the time; `multitask` is ours as one program in a loop, as the
  peer's is, and as the recipe's tasks.
- `products`: sgemm of the same shapes by NumPy and by PyTorch, whichever is better for each row.
- `elementwise`: the same chain as one loop in C, compiled by `--cc` for this processor.
- `dispatch`, `round-trip`: tasks that do nothing, on all cores, against a pool of processes of Python's `multiprocessing`, by
  a script in the folder `--peers`, and against bare libzmq: a program in C there, compiled by `--cc`, which sends what
  others have packed and keeps no account of it. Its rate is that of 16 tasks under way at each worker. A round takes two
  minutes.
- `first-result`: from the start of a process to one trained network, against the time in which a peer only imports.

Nothing runs this by itself: a busy machine would fail it. It wants Linux, for the affinity to cores.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEMBERS, UNITS, EPOCHS, BATCH, RATE, SEED = 32, 64, 20, 32, 0.001, 0

# Ours less the peer's, over 20 splits: mean 0.0001, standard deviation 0.0022, from -0.0037 to 0.0037. This is four
# deviations.
FURTHEST = 0.009


def peer():
    """One fit and test by scikit-learn, as a line of JSON. This part runs in the peer's Python."""
    import warnings

    import numpy as np
    import sklearn
    from sklearn.datasets import load_digits
    from sklearn.ensemble import BaggingClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).parent / "DatasetsTests"))
    from make_golden import test_rows

    class Member(MLPClassifier):
        """Bagging hands a learner that takes weights the counts of the draws, and then fails on a batch of zeros.

        Without them it hands over the drawn rows, as Breiman's algorithm does.
        """

        def fit(self, X, y):
            return super().fit(X, y)

    warnings.filterwarnings("ignore")  # "did not converge": that many epochs are what was asked for
    digits = load_digits()
    x, y = (digits.data / 16).astype(np.float32), digits.target
    test = test_rows(y, 0.3, SEED)
    training = np.setdiff1d(np.arange(len(y)), test)
    x = StandardScaler().fit(x[training]).transform(x)
    member = Member((UNITS,), solver="adam", learning_rate_init=RATE, batch_size=BATCH, alpha=0.0, max_iter=EPOCHS,
                    tol=0.0, n_iter_no_change=EPOCHS + 1)

    def bagging(members):
        model = BaggingClassifier(member, members, n_jobs=1, random_state=SEED)
        return model.fit(x[training], y[training]).score(x[test], y[test])

    bagging(1)  # warms up
    start = time.perf_counter()
    accuracy = bagging(MEMBERS)
    print(json.dumps({"seconds": time.perf_counter() - start, "accuracy": accuracy, "version": sklearn.__version__,
                      "products": products()}))


def products():
    """Which library and kernel multiply NumPy's matrices, where threadpoolctl is there to tell."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown"
    return ", ".join(sorted({f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
                             for pool in threadpool_info() if pool["user_api"] == "blas"}))


def run(command, core):
    """What a command prints, each line from JSON; it runs on one core, or on all where that is None, with one thread of a
    library of numbers, and with the peer's own choice of kernels. A last line is added: how long the process took, and its peak memory."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
        environment[name] = "1"
    start = time.perf_counter()
    try:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True,
                                   preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}))
        with process.stdout:
            lines = process.stdout.read().splitlines()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    except OSError as error:
        sys.exit(f"{command[0]} does not start: {error.strerror}. See --help for how to name another.")
    except subprocess.SubprocessError:
        sys.exit(f"There is no core {core} to run on. See --help for how to name another.")
    took = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with status {process.returncode}.")
    return [json.loads(line) for line in lines] + [
        {"metric": "process_seconds", "value": took}, {"metric": "peak_mib", "value": usage.ru_maxrss / 1024}]


def ours(troupe, core):
    figures = {line["metric"]: line["value"] for line in run([troupe, "bench", "bagging-digits"], core)}
    return {"seconds": figures["fit_seconds"], "accuracy": figures["test_accuracy"]}


class Row:
    """A comparison: our benchmark, what it is compared with, and which figures are.

    peers: name and command of each. pairs: our figure, the peer's, and whether more of it is better. has_all_cores: whether
    it does not run on one core.
    """

    def __init__(self, bench, peers, pairs, has_all_cores=False):
        self.bench, self.peers, self.pairs, self.has_all_cores = bench, peers, pairs, has_all_cores

    def compare(self, options):
        """Prints the medians, and returns the least ratio of ours to the best peer's."""
        runs = {name: [] for name, _ in self.peers} | {"troupe": []}
        for number in range(1, options.rounds + 1):
            for name, command in self.peers + [("troupe", [options.troupe, "bench", self.bench])]:
                core = None if self.has_all_cores else options.core
                lines = [line for line in run(command, core) if "metric" in line]
                runs[name].append({line["metric"]: line["value"] for line in lines})
            print(f"{self.bench}: round {number} of {options.rounds}", file=sys.stderr)
        ratios = []
        for mine, theirs, more in self.pairs:
            medians = {name: statistics.median(one[theirs if name != "troupe" else mine] for one in of)
                       for name, of in runs.items() if name == "troupe" or theirs in of[0]}
            value = medians.pop("troupe")
            if not medians:
                sys.exit(f"{self.bench}: no peer printed {theirs}.")
            found = {name: value / one if more else one / value for name, one in medians.items()}
            ratios.append(min(found.values()))
            for name in sorted(found, key=found.get):
                print(f"{self.bench:16} {mine:32} troupe {value:12.4g}   {name:14} {medians[name]:12.4g}   "
                      f"ratio {found[name]:6.2f}", flush=True)
        memory = {name: statistics.median(one["peak_mib"] for one in of) for name, of in runs.items()}
        value = memory.pop("troupe")
        print(f"{self.bench:16} {'peak memory, MiB':32} troupe {value:12.4g}   "
              + ", ".join(f"{name} {one:.4g}" for name, one in memory.items()), flush=True)
        return min(ratios)


# Of each script in the folder of peers: the variant to run, our figures and the peer's, and whether more is better.
SCRIPTS = {
    "bagging": ("bagging_mlp", "bagging-digits", "jax-vmap", [("training_seconds", "fit_seconds", False)]),
    "batched-members": ("batched_members", "batched-members", "jax-scan-batched",
                        [("member_step_rate", "member_step_rate", True),
                         ("member_step_rate_one_by_one", "member_step_rate", True)]),
    "maml-sinusoid": ("maml_sinusoid", "maml-sinusoid", "jax-scan", [("meta_iteration_rate", "meta_iteration_rate", True)]),
    "maml-conv4": ("maml_conv4", "maml-conv4", "torch-loop",
                   [("meta_iteration_rate_1_inner", "meta_iteration_rate_1_inner", True)]),
    "multitask": ("multitask", "multitask", "jax-scan",
                  [("fused_step_rate", "step_rate", True), ("step_rate", "step_rate", True)]),
}

# Of tasks that do nothing: our figures, those of the pool and of bare libzmq, and whether more is better.
TASKS = {
    "dispatch": [("tasks_per_second", "noop_throughput", True), ("tasks_per_second_one_by_one", "noop_throughput", True),
                 ("durable_tasks_per_second", "noop_throughput", True),
                 ("tasks_per_second", "noop_throughput_window16", True), ("ready_seconds", "start_up", False)],
    "round-trip": [("median_microseconds", "round_trip_p50", False), ("p99_microseconds", "round_trip_p99", False),
                   ("median_microseconds_over_ipc", "round_trip_p50", False),
                   ("p99_microseconds_over_ipc", "round_trip_p99", False)],
}

SHAPES = [(10, 40, 40, 25), (32, 64, 64, 1), (32, 64, 64, 32), (32, 64, 10, 32), (64, 128, 128, 1), (75, 576, 64, 1),
          (25, 576, 64, 1), (256, 784, 256, 1), (1024, 1024, 1024, 1)]


def gflops(library):
    """Products of all shapes by a library, as lines of JSON. This part runs in the peer's Python."""
    import numpy as np
    if library == "torch":
        import torch
        torch.set_num_threads(1)
    for m, k, n, batch in SHAPES:
        for orientation in ("NN", "TN", "NT"):
            left = np.random.rand(2, batch, *((k, m) if orientation == "TN" else (m, k))).astype(np.float32)
            right = np.random.rand(batch, *((n, k) if orientation == "NT" else (k, n))).astype(np.float32)
            target = np.empty((batch, m, n), np.float32)
            if library == "torch":
                left, right, target = (torch.from_numpy(one) for one in (left, right, target))
            a = [(one.swapaxes(1, 2) if orientation == "TN" else one) for one in left]
            b = right.swapaxes(1, 2) if orientation == "NT" else right
            # Without the batch axis where there is one product: the libraries then take their quickest way.
            if batch == 1:
                a, b, target = [one[0] for one in a], b[0], target[0]
            multiply = (lambda x: torch.matmul(x, b, out=target)) if library == "torch" \
                else (lambda x: np.matmul(x, b, out=target))
            operations = 2 * m * k * n * batch
            times = max(1, int(2e8 / operations))
            taken = []
            for number in range(16):
                start = time.perf_counter()
                for _ in range(times):
                    multiply(a[0])
                    multiply(a[1])
                taken.append(time.perf_counter() - start)
            value = operations * 2 * times / statistics.median(taken[1:]) / 1e9
            print(json.dumps({"metric": f"gflops_{m}x{k}x{n}_{batch}_{orientation}", "value": value}))


CHAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static int by_size(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }
static void chain(float *restrict r, const float *restrict a, const float *restrict b, const float *restrict c,
                  const float *restrict d, const float *restrict e, int n) {
    for (int i = 0; i < n; i++) {
        float p = a[i] * b[i] + c[i];
        r[i] = (p > 0 ? p : 0) * d[i] - e[i] * 0.5f;
    }
}
int main(void) {
    int sizes[] = {4096, 65536};
    for (int s = 0; s < 2; s++) {
        int n = sizes[s], repeats = (1 << 22) / n;
        float *x[6];
        for (int k = 0; k < 6; k++) {
            x[k] = aligned_alloc(64, n * sizeof(float));
            for (int i = 0; i < n; i++) x[k][i] = rand() / (float)RAND_MAX;
        }
        double times[22];
        for (int run = 0; run < 22; run++) {
            struct timespec before, after;
            clock_gettime(CLOCK_MONOTONIC, &before);
            for (int k = 0; k < repeats; k++) {
                chain(x[5], x[0], x[1], x[2], x[3], x[4], n);
                float *t = x[0]; x[0] = x[5]; x[5] = t;
                __asm__ volatile("" ::: "memory");
            }
            clock_gettime(CLOCK_MONOTONIC, &after);
            times[run] = (after.tv_sec - before.tv_sec) * 1e9 + (after.tv_nsec - before.tv_nsec);
        }
        qsort(times + 1, 21, sizeof(double), by_size);
        printf("{\"metric\": \"ns_per_element_%d\", \"value\": %g}\n", n, times[11] / ((double)n * repeats));
    }
    return 0;
}
"""


def row(name, options, folder):
    """The comparison of this name."""
    if name == "products":
        here = [options.python, os.path.abspath(__file__), "--gflops"]
        pairs = [f"gflops_{m}x{k}x{n}_{batch}_{way}" for m, k, n, batch in SHAPES for way in ("NN", "TN", "NT")]
        return Row(name, [("numpy", here + ["numpy"]), ("torch", here + ["torch"])], [(one, one, True) for one in pairs])
    if name == "elementwise":
        program = os.path.join(folder, "chain")
        command = [options.cc, "-O3", "-march=native", "-x", "c", "-", "-o", program]
        subprocess.run(command, input=CHAIN, text=True, check=True)
        return Row(name, [("C", [program])],
                   [(f"ns_per_element_{n}", f"ns_per_element_{n}", False) for n in (4096, 65536)])
    if name in TASKS:
        program = os.path.join(folder, "tasks")
        source = os.path.join(options.peers, "dispatch_zmq.c")
        subprocess.run([options.cc, "-O2", source, "-o", program, "-lzmq"], check=True)
        pool = [options.python, os.path.join(options.peers, "dispatch.py"), "multiprocessing"]
        return Row(name, [("pool", pool), ("libzmq", [program, "tcp"])], TASKS[name], has_all_cores=True)
    if name == "first-result":
        code = {"torch": "import torch; torch.zeros(1).sum()", "scikit-learn": "import sklearn.neural_network",
                "jax": "import jax; jax.jit(lambda x: x + 1)(1.0).block_until_ready()"}
        return Row(name, [(peer, [options.python, "-W", "ignore", "-c", text]) for peer, text in code.items()],
                   [("process_seconds", "process_seconds", False)])
    script, bench, variant, pairs = SCRIPTS[name]
    variant = options.variant or variant
    return Row(bench, [(variant, [options.python, os.path.join(options.peers, script + ".py"), variant])], pairs)


def main():
    names = ["bagging-digits", *SCRIPTS, "products", "elementwise", *TASKS, "first-result"]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--troupe", default="troupe", help="the program (default: the one on the PATH)")
    parser.add_argument("--python", default="python3", help="a Python that has the peers (default: python3)")
    parser.add_argument("--core", type=int, default=0, help="the core to run on (default: 0)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--least", type=float, help="the ratio that is asked for (default: 4 for bagging-digits)")
    parser.add_argument("--bench", choices=[*names, "all"], default="bagging-digits",
                        help="what is measured (default: bagging-digits)")
    parser.add_argument("--peers", default="../shared/peers", help="the folder of peers' scripts")
    parser.add_argument("--variant", help="which variant of a peer's script to run")
    parser.add_argument("--cc", default="cc", help="the C compiler (default: cc)")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--gflops", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer()
    if options.gflops:
        return gflops(options.gflops)
    if options.bench != "bagging-digits":
        with tempfile.TemporaryDirectory() as folder:
            chosen = [name for name in names if name not in ("bagging-digits", "maml-conv4")] \
                if options.bench == "all" else [options.bench]
            least = min(row(name, options, folder).compare(options) for name in chosen)
        if options.least and least < options.least:
            sys.exit(1)
        if options.bench != "all":
            return
    compare_with_scikit_learn(options)


def compare_with_scikit_learn(options):
    """The whole job, trained and tested by both."""
    options.least = 4 if options.least is None else options.least

    runs = {"troupe": [], "scikit-learn": []}
    for number in range(1, options.rounds + 1):
        runs["scikit-learn"] += run([options.python, os.path.abspath(__file__), "--peer"], options.core)[:1]
        runs["troupe"].append(ours(options.troupe, options.core))
        print(f"round {number} of {options.rounds}: " + ", ".join(f"{name} {of[-1]['seconds']:.3f} s"
                                                                 for name, of in runs.items()), file=sys.stderr)

    for name, of in runs.items():
        seconds = sorted(one["seconds"] for one in of)
        print(f"{name:14}{statistics.median(seconds):8.3f} s   ({seconds[0]:.3f} to {seconds[-1]:.3f}, {len(of)} runs)"
              f"   accuracy {of[0]['accuracy']:.4f}")
    first = runs["scikit-learn"][0]
    print(f"{'':14}scikit-learn {first['version']}, products by {first['products']}")
    ratio = (statistics.median(one["seconds"] for one in runs["scikit-learn"])
             / statistics.median(one["seconds"] for one in runs["troupe"]))
    distance = abs(runs["troupe"][0]["accuracy"] - first["accuracy"])
    print(f"{'ratio':14}{ratio:8.1f}     (at least {options.least:g} is asked for)")
    if distance > FURTHEST:
        sys.exit(f"The accuracies are {distance:.4f} apart, and at most {FURTHEST} is explained by chance.")
    if ratio < options.least:
        sys.exit(1)


if __name__ == "__main__":
    main()
