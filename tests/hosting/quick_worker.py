"""`aurion hosting worker` without its pauses: `python -m tests.hosting.quick_worker --settings FILE`."""

import sys

from scraper.__main__ import main
from scraper.hosting import hosted_worker, notice_sender

hosted_worker.TICK_SECONDS = notice_sender.EVERY_SECONDS = 0.1

if __name__ == "__main__":
    sys.argv[1:1] = ["hosting", "worker"]
    main()
