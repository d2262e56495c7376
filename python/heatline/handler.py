"""The messages of `logging` in a trace."""

import logging

from heatline.tracer import add_instant


class LoggingHandler(logging.Handler):
    """`logging.getLogger().addHandler(heatline.LoggingHandler())`: each message is an instant where it was logged."""

    def emit(self, record):
        try:
            add_instant("logging - %s" % record.levelname, {"message": self.format(record), "logger": record.name})
        except Exception:  # as logging itself: a message must not end the program
            self.handleError(record)
