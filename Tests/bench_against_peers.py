#!/usr/bin/env python3
"""Runs Troupe and scikit-learn in turn on one core, and prints the median time of each and their ratio.

    python3 -m venv peers && peers/bin/pip install scikit-learn==1.9.1 threadpoolctl
    swift build --configuration release
    python3 Tests/bench_against_peers.py --python peers/bin/python --troupe .build/release/troupe

The task is Cluster/jobs/bagging-digits.yaml: 32 networks 64-64-10, 20 epochs, batches of 32, Adam at 0.001, trained on
the same 1,258 rows by both, and tested on the other 539. A round is one run of the peer and one `troupe bench`, the
median of three, so that whatever else the machine does meets both alike; each warms up first, and what a process does
before that (start, imports) is not measured. Both times contain the fit, the compiler's work on our side, and the test.
Ours also contains the out-of-bag estimate, which the peer's does not. Ends with status 1 when the ratio is below
`--least`, or when the accuracies are further apart than chance can explain: a faster wrong answer does not count.

With `--bench maml-sinusoid` or `maml-conv4` it compares meta-iterations per second of second-order MAML instead, on tasks
of the same shapes, with `--bench multitask` steps per second of a trunk with eight heads, and with `batched-members` steps
of a member of a bagging ensemble, with a script of the same name (maml_sinusoid.py, …) in the folder `--peers`, which
prints a line of JSON for each figure; `--variant` names which of its variants to run. The script's data is drawn
beforehand, ours within the time; a step of ours with eight heads is a task for each of them, and the members' steps contain
the whole of training and scoring. No ratio is asked for unless `--least` says so.

Nothing runs this by itself: a busy machine would fail it. It wants Linux, for the affinity to one core.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
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
    """What a command prints, each line from JSON; it runs on one core, with one thread, and with the peer's own choice
    of kernels."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
        environment[name] = "1"
    try:
        result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True,
                                preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    except OSError as error:
        sys.exit(f"{command[0]} does not start: {error.strerror}. See --help for how to name another.")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(command)} failed with status {error.returncode}.")
    except subprocess.SubprocessError:
        sys.exit(f"There is no core {core} to run on. See --help for how to name another.")
    return [json.loads(line) for line in result.stdout.splitlines()]


def ours(troupe, core):
    figures = {line["metric"]: line["value"] for line in run([troupe, "bench", "bagging-digits"], core)}
    return {"seconds": figures["fit_seconds"], "accuracy": figures["test_accuracy"]}


def rates(lines):
    """Rates of meta-iterations or steps by the name of the figure."""
    return {line["metric"]: line["value"] for line in lines
            if str(line.get("metric", "")).startswith(("meta_iteration_rate", "step_rate", "member_step_rate"))}


def compare_rates(options):
    """Meta-iterations or steps per second of a peer and of ours, in turn."""
    script = os.path.join(options.peers, options.bench.replace("-", "_") + ".py")
    variant = options.variant or {"maml-sinusoid": "jax-jit", "maml-conv4": "torch-loop",
                                  "multitask": "jax-jit", "batched-members": "jax-batched"}[options.bench]
    bench = {"batched-members": "bagging-digits"}.get(options.bench, options.bench)
    runs = {variant: [], "troupe": []}
    for number in range(1, options.rounds + 1):
        runs[variant].append(rates(run([options.python, script, variant], options.core)))
        runs["troupe"].append(rates(run([options.troupe, "bench", bench], options.core)))
        print(f"round {number} of {options.rounds}", file=sys.stderr)
    common = [metric for metric in runs["troupe"][0] if metric in runs[variant][0]]
    if not common:
        sys.exit(f"{script} {variant} printed no rate.")
    least = []
    for metric in common:
        medians = {name: statistics.median(one[metric] for one in of) for name, of in runs.items()}
        least.append(medians["troupe"] / medians[variant])
        print(f"{metric:30}" + "".join(f"{name} {value:10.2f}/s   " for name, value in medians.items())
              + f"ratio {least[-1]:.2f}")
    if options.least and min(least) < options.least:
        sys.exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--troupe", default="troupe", help="the program (default: the one on the PATH)")
    parser.add_argument("--python", default="python3", help="a Python that has scikit-learn (default: python3)")
    parser.add_argument("--core", type=int, default=0, help="the core to run on (default: 0)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--least", type=float, help="the ratio that is asked for (default: 4 for bagging-digits)")
    parser.add_argument("--bench", choices=["bagging-digits", "batched-members", "maml-sinusoid", "maml-conv4", "multitask"],
                        default="bagging-digits", help="what is measured (default: bagging-digits)")
    parser.add_argument("--peers", default="../shared/peers", help="the folder of peers' scripts, for all but bagging")
    parser.add_argument("--variant", help="which variant of a peer's script to run")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer()
    if options.bench != "bagging-digits":
        return compare_rates(options)
    options.least = 4 if options.least is None else options.least

    runs = {"troupe": [], "scikit-learn": []}
    for number in range(1, options.rounds + 1):
        runs["scikit-learn"] += run([options.python, os.path.abspath(__file__), "--peer"], options.core)
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
