"""Django's Model.save with a pre_save and a post_save receiver: reads one command a line, answers each with one line of JSON.

Command: "save CLIENTS on|off COUNT": so many saves by each of so many processes, with that synchronous_commit.
"""

import json
import multiprocessing
import random
import sys
import time


def start(target):
    """Django in this process, with the models of the tables that are there."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": target["dbname"], "USER": target["user"], "HOST": target["host"], "PORT": target["port"],
                "CONN_MAX_AGE": None,
            }
        },
        USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.db import models
    from django.db.models.signals import post_save, pre_save

    class Account(models.Model):
        username = models.TextField()
        email = models.TextField(unique=True)

        class Meta:
            app_label = "bench"
            db_table = "bench_account"

    class Portrait(models.Model):
        account = models.ForeignKey(Account, on_delete=models.CASCADE)
        bio = models.TextField()

        class Meta:
            app_label = "bench"
            db_table = "bench_portrait"

    def check(sender, instance, **kwargs):
        if Account.objects.filter(email=instance.email).exists():
            raise ValueError("it is taken")

    def portray(sender, instance, created, **kwargs):
        Portrait.objects.create(account=instance, bio="This is my bio.")

    pre_save.connect(check, sender=Account, weak=False)
    post_save.connect(portray, sender=Account, weak=False)
    return Account


def work(target, commands, answers):
    Account = start(target)
    from django.db import connection, transaction

    def save():
        with transaction.atomic():
            Account(username="user", email=f"d{random.randrange(9_000_000_000_000_000)}").save()

    while True:
        synchronous, count = commands.get()
        with connection.cursor() as cursor:
            cursor.execute(f"SET synchronous_commit = {synchronous}")
        for _ in range(5):
            save()
        answers.put("ready")
        commands.get()
        for _ in range(count):
            save()
        answers.put("done")


def main():
    target = dict(part.split("=", 1) for part in sys.argv[1].replace("'", "").split())
    context = multiprocessing.get_context("spawn")
    workers = []
    for line in sys.stdin:
        _, clients, synchronous, count = line.split()
        clients, count = int(clients), int(count)
        while len(workers) < clients:
            queues = (context.Queue(), context.Queue())
            context.Process(target=work, args=(target, *queues), daemon=True).start()
            workers.append(queues)
        chosen = workers[:clients]
        for commands, answers in chosen:
            commands.put((synchronous, count))
        for commands, answers in chosen:
            answers.get()
        begin = time.perf_counter()
        for commands, answers in chosen:
            commands.put("go")
        for commands, answers in chosen:
            answers.get()
        print(json.dumps({"seconds": time.perf_counter() - begin, "cpu": 0}), flush=True)


if __name__ == "__main__":
    main()
