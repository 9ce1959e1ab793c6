"""Right and wrong answers to the exercises of chapter 10."""

import math

import numpy as np


def report(times, warm_up):
    kept = np.array(times)[warm_up:]
    return np.median(kept), np.quantile(kept, 0.95)


def p99(rate, service):
    return math.log(100) / (1 / service - rate) if rate * service < 1 else math.inf


def two_servers(arrivals, services, servers=2):
    free, out = [0.0] * servers, []
    for arrival, service in zip(arrivals, services, strict=True):
        first = free.index(min(free))
        free[first] = max(free[first], arrival) + service
        out.append(free[first] - arrival)
    return np.array(out)


def taking_turns(arrivals, services):
    free, out = [0.0, 0.0], []
    for i, (arrival, service) in enumerate(zip(arrivals, services, strict=True)):
        free[i % 2] = max(free[i % 2], arrival) + service
        out.append(free[i % 2] - arrival)
    return np.array(out)


def intensity(batch, inputs, outputs, size):
    numbers = batch * inputs + inputs * outputs + batch * outputs
    return 2 * batch * inputs * outputs / (size * numbers)


def peak_ram(sizes, size):
    return size * max(a + b for a, b in zip(sizes, sizes[1:], strict=False))


RIGHT = {
    1: (report,),
    2: (p99,),
    3: (two_servers,),
    4: (intensity,),
    5: (peak_ram,),
    6: (lambda in_house: in_house < 7,),
}
WRONG = {
    1: [
        (lambda times, warm_up: report(times, 0),),
        (lambda times, warm_up: (np.mean(times[warm_up:]), np.quantile(times[warm_up:], 0.95)),),
        (lambda times, warm_up: report(times[:-warm_up], warm_up),),
        (lambda times, warm_up: (np.median(times[warm_up:]), max(times[warm_up:])),),
    ],
    2: [
        (lambda rate, service: math.log(100) * service,),
        (lambda rate, service: 1 / (1 / service - rate) if rate * service < 1 else math.inf,),
        (lambda rate, service: math.log(100) / (1 / service - rate + 1e-12),),  # negative
        (lambda rate, service: math.log(99) / (1 / service - rate),),
    ],
    3: [
        (lambda a, s: two_servers(a, s, servers=1),),
        (taking_turns,),
        (lambda a, s: two_servers(a, s) - s,),  # waiting instead of response
        (lambda a, s: two_servers(a, s / 2, servers=1),),  # one server of double speed
    ],
    4: [
        (lambda b, m, n, size: intensity(b, m, n, size) / 2,),
        (lambda b, m, n, size: 2 * b * m * n / (size * m * n),),
        (lambda b, m, n, size: intensity(b, m, n, 1),),
    ],
    5: [
        (lambda sizes, size: size * sum(sizes),),
        (lambda sizes, size: size * max(sizes),),
        (lambda sizes, size: size * sum(sorted(sizes)[-2:]),),
        (lambda sizes, size: peak_ram(sizes, 1),),
    ],
    6: [
        (lambda in_house: True,),
        (lambda in_house: in_house == 0,),
        (lambda in_house: in_house < 40,),
        (lambda in_house: in_house > 5,),
    ],
}
