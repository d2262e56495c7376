import json
import random
import threading
import time


def price(item):
    return len(item) * 3 % 17


def total(order):
    return sum(price(item) for item in order)


def charge(order, amount):
    if amount > 30:
        time.sleep(0.02)
    return {"paid": amount}


def handle(order):
    amount = total(order)
    return json.dumps(charge(order, amount))


def serve(seconds):
    random.seed(7)
    end = time.time() + seconds
    while time.time() < end:
        handle(random.sample(["apple", "banana", "cherry", "damson", "elderberry"], 3))


if __name__ == "__main__":
    worker = threading.Thread(target=serve, args=(1,), name="worker")
    worker.start()
    serve(1)
    worker.join()
