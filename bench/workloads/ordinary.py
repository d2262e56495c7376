"""An ordinary program, 25 frames deep: layers around a handler that renders, sorts and counts.

With the argument `slots` the layers are called as objects and not by a method, which leads through
C at every layer and leaves the frames in as many pieces.
"""

import json
import re
import sys
from rounds import repeat

WORDS = re.findall(r"\w+", __doc__)
ORDERS = [
    {"id": n, "name": WORDS[n % len(WORDS)], "price": n * 7 % 100 / 3, "tags": WORDS[n % 9 : n % 9 + 4]}
    for n in range(40)
]


class Layer:
    def __init__(self, name, inner):
        self.name, self.inner, self.seen = name, inner, {}

    def handle(self, request):
        self.seen[request["path"]] = self.seen.get(request["path"], 0) + 1
        return self.finish(self.inner(request))

    __call__ = handle

    def finish(self, reply):
        reply["layers"] += 1
        return reply


def tag(text):
    return f"<b>{text.title()}</b>" if len(text) > 3 else text


def cell(order):
    price = f"{order['price']:.2f}"
    return f"{tag(order['name'])} {price} " + ", ".join(tag(word) for word in order["tags"])


def table(orders):
    rows = []
    for order in orders:
        rows.append(re.sub(r"\s+", " ", cell(order)))
    return "\n".join(rows)


def count(words):
    totals = {}
    for word in words:
        totals[word] = totals.get(word, 0) + len(word)
    return max(totals, key=totals.get)


def page(request):
    orders = sorted(ORDERS, key=lambda order: (order["price"], order["name"]))
    body = table(orders[request["first"] :])
    return {"body": body, "top": count(body.split()), "copy": json.loads(json.dumps(orders[:10]))}


def handle(request):
    return {"layers": 0, "page": page(request)}


def application():
    inner = handle
    for number in range(18):
        layer = Layer(f"layer{number}", inner)
        inner = layer if "slots" in sys.argv else layer.handle
    return inner


def main():
    app = application()
    state = {"turn": 0}

    def work():
        state["turn"] += 1
        app({"path": f"/orders/{state['turn'] % 50}", "first": state["turn"] % 5})

    repeat(work, 300)


main()
