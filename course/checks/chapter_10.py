"""Checks of chapter 10, deployment."""

import numpy as np

from helpers.show.course import expect


def exercise_1(report):
    """Median and 95th percentile after the warm-up."""
    rng = np.random.default_rng(1)
    for calls, warm_up in ((100, 10), (400, 25)):
        times = rng.lognormal(0, 0.5, calls)
        times[:warm_up] += 50
        times[-warm_up:] += 20  # stragglers at the end are real and must count
        median, p95 = report(times.tolist(), warm_up)
        kept = times[warm_up:]
        expect(
            np.isclose(median, np.median(kept)),
            f"The median should be {np.median(kept):.3f}, you gave {median:.3f} "
            f"(the mean is {kept.mean():.3f}; with the warm-up the median is "
            f"{np.median(times):.3f}).",
        )
        expect(
            abs(p95 - np.quantile(kept, 0.95)) <= 0.02 * abs(np.quantile(kept, 0.95)) + 0.3,
            f"The 95th percentile should be about {np.quantile(kept, 0.95):.2f}, you gave "
            f"{p95:.2f}. 95 % of the calls are faster than it.",
        )


def exercise_2(p99):
    """The tail of an M/M/1 queue."""
    for rate, service in ((90, 0.01), (5, 0.1), (1, 0.5)):
        right = np.log(100) / (1 / service - rate)
        seen = p99(rate, service)
        expect(
            np.isclose(seen, right),
            f"p99({rate}, {service}) gave {seen:.4g}, expected {right:.4g}. Check: with an idle "
            f"server ({service} s of work) it would be {np.log(100) * service:.4g}.",
        )
    for rate, service in ((100, 0.01), (150, 0.01)):
        seen = p99(rate, service)
        expect(
            seen == float("inf"),
            f"p99({rate}, {service}) gave {seen}: as many or more requests arrive than can be "
            "served, so the queue grows without end.",
        )


def exercise_3(two_servers):
    """Two servers on one queue, compared with a simulation."""
    seen = np.asarray(two_servers(np.array([0.0, 1.0, 2.0, 3.0]), np.array([10.0, 3.0, 1.0, 1.0])))
    right = np.array([10.0, 3.0, 3.0, 3.0])
    expect(seen.shape == right.shape, f"4 requests, but your answer has shape {seen.shape}.")
    expect(
        np.allclose(seen, right),
        f"Arrivals 0, 1, 2, 3 with work 10, 3, 1, 1: expected {right.tolist()}, you gave "
        f"{seen.tolist()}. The first server is busy until 10, the other takes the rest.",
    )
    rng = np.random.default_rng(3)
    arrivals = np.cumsum(rng.exponential(1, 2_000))
    services = rng.exponential(1.6, 2_000)
    seen = np.asarray(two_servers(arrivals, services))
    free, right = [0.0, 0.0], []
    for arrival, service in zip(arrivals, services, strict=True):
        first = int(np.argmin(free))
        free[first] = max(free[first], arrival) + service
        right.append(free[first] - arrival)
    expect(
        np.allclose(seen, right),
        f"On 2,000 random requests your mean response is {seen.mean():.2f}, expected "
        f"{np.mean(right):.2f}.",
    )
    expect(
        bool(np.all(seen >= services - 1e-9)), "Someone was answered faster than the work takes."
    )


def exercise_4(intensity):
    """Operations per byte of a dense layer."""
    for batch, inputs, outputs, size in ((1, 128, 64, 4), (64, 256, 256, 4), (16, 100, 10, 1)):
        numbers = batch * inputs + inputs * outputs + batch * outputs
        right = 2 * batch * inputs * outputs / (size * numbers)
        seen = intensity(batch, inputs, outputs, size)
        expect(
            np.isclose(seen, right),
            f"intensity({batch}, {inputs}, {outputs}, {size}) gave {seen:.4f}, expected "
            f"{right:.4f}: {2 * batch * inputs * outputs:,} operations over "
            f"{size * numbers:,} bytes.",
        )


def exercise_5(peak_ram):
    """The largest pair of neighboring activations."""
    for sizes, size in (([500, 64_000, 63_488, 128, 64], 4), ([10, 5, 90, 1, 80], 1), ([7, 3], 2)):
        right = size * max(a + b for a, b in zip(sizes, sizes[1:], strict=False))
        seen = peak_ram(list(sizes), size)
        expect(
            seen == right,
            f"peak_ram({sizes}, {size}) gave {seen:,}, expected {right:,}: while a layer runs, its "
            "input and its output are there, and nothing else.",
        )


def exercise_6(admit):
    """Admission control under overload."""
    rng = np.random.default_rng(6)
    n, mean = 40_000, 0.01
    arrivals = np.cumsum(rng.exponential(mean / 1.2, n))
    services = rng.exponential(mean, n)
    done, first, times = [], 0, []
    for arrival, service in zip(arrivals, services, strict=True):
        while first < len(done) and done[first] <= arrival:
            first += 1
        if admit(len(done) - first):
            begin = max(arrival, done[-1]) if done else arrival
            done.append(begin + service)
            times.append(done[-1] - arrival)
    share = len(times) / n
    expect(len(times) > 0, "You let nobody in.")
    p99 = float(np.quantile(times, 0.99))
    expect(
        p99 <= 0.15,
        f"The 99th percentile of the admitted is {p99:.3f} s (allowed: 0.15), and you admitted "
        f"{share:.0%}. A request that finds k others waits for about k times 0.01 s.",
    )
    expect(
        share >= 0.75,
        f"You admitted only {share:.0%} of the requests (p99 {p99:.3f} s). A server that is often "
        "idle while it turns people away helps nobody.",
    )


HINTS = {
    1: [
        "times[warm_up:] is what counts, stragglers included.",
        "np.median and np.quantile(..., 0.95).",
    ],
    2: [
        "The server does 1 / mean_service requests a second. Is that more than arrive?",
        "ln(100) over the difference of the two rates.",
    ],
    3: [
        "Remember for each of the two servers when it becomes free.",
        "The next request goes to the smaller of the two; it begins at the later of its arrival "
        "and that moment.",
    ],
    4: [
        "Each of the batch x outputs results takes `inputs` multiplications and as many additions.",
        "Bytes: size x (batch x inputs + inputs x outputs + batch x outputs).",
    ],
    5: [
        "A layer joins two neighbors in the list.",
        "The largest sum of two neighbors, times the bytes of a number.",
    ],
    6: [
        "Refuse when too many are in the house. How many services of 0.01 s fit into 0.15 s, if "
        "they may be unlucky?",
        "Try a limit between 4 and 10 and read what the check says.",
    ],
}

QUIZ = [
    {
        "question": "The converter raised no error. What do you know about the file?",
        "choices": {
            "That it answers like the model": "Converters have written files that nothing opens.",
            "Next to nothing, until its runtime has opened it and answers were compared": "And "
            "best from raw text, because the words' numbers are not in the file.",
            "That it is smaller": "Often it is, but you don't know even that.",
        },
        "answer": "Next to nothing, until its runtime has opened it and answers were compared",
    },
    {
        "question": "You report p99 from 50 calls. What is it, really?",
        "choices": {
            "Close to the largest of the 50": "And more likely than not the slowest percent was "
            "not among them at all.",
            "A good estimate, since 50 is more than 30": "That rule of thumb is about means.",
            "Always too large": "Mostly too small: rare events are missing.",
        },
        "answer": "Close to the largest of the 50",
    },
    {
        "question": "A server at 50 % load goes to 75 %. Its mean response time (M/M/1)",
        "choices": {
            "grows by half": "That would be so if time followed the load; it follows 1/(1 - load).",
            "doubles": "The idle share is halved, from a half to a quarter.",
            "stays the same, as there is still room": "On average; but arrivals come in bunches.",
        },
        "answer": "doubles",
    },
    {
        "question": "Your load test waits for each answer before it sends the next request. It "
        "shows p99 = 30 ms. In real life, p99 is",
        "choices": {
            "about 30 ms at any load": "The test never waits in a queue; real users do.",
            "higher, and it depends on the load": "A closed loop measures service, not response.",
            "lower, since real users are slower": "One user is; but a thousand don't take turns.",
        },
        "answer": "higher, and it depends on the load",
    },
    {
        "question": "A dense layer at batch one takes half the time with int8 weights, though the "
        "arithmetic is done in float. Why?",
        "choices": {
            "It is limited by bytes, and there are fewer of them": "About half an operation a byte "
            "is far left of any ridge.",
            "Integers multiply faster": "They do, but here nothing is multiplied as an integer.",
            "The zeros are skipped": "A dense kernel skips nothing, as chapter 9 showed.",
        },
        "answer": "It is limited by bytes, and there are fewer of them",
    },
]
