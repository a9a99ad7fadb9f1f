"""Django's Signal.send: reads one command a line, answers each with one line of JSON.

Command: "RECEIVERS COUNT": so many sends of a signal of models with so many receivers.
"""

import json
import sys
import time

from django.dispatch import Signal


class Sender:
    """Who sends: a model's class in an application."""


def make_receivers(count):
    def make():
        def receive(sender, **kwargs):
            pass

        return receive

    return [make() for _ in range(count)]


def main():
    signals = {}
    for line in sys.stdin:
        receivers, count = map(int, line.split())
        if receivers not in signals:
            # As Django's own signals of models are, and as receivers connect to those.
            signal, functions = Signal(use_caching=True), make_receivers(receivers)
            for function in functions:
                signal.connect(function, sender=Sender)
            # Django keeps weak references to them.
            signals[receivers] = (signal, functions)
        send = signals[receivers][0].send
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            send(sender=Sender, instance=None, created=True)
        print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}), flush=True)


main()
