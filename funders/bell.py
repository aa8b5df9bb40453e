"""Tell a worker at once that a source is due. Unheard, it is found at the next bell all the same."""

import logging
import threading

from funders.models import Source
from funders.tasks import BELL_SECONDS, sync_source

log = logging.getLogger(__name__)
# More than a broker ever needs that is there.
RING_SECONDS = 1.0
_bell = threading.Lock()


def ring(source: Source) -> None:
    """A broker that is away takes seconds to say so, or never does: one thread waits for it, and nobody else."""
    if _bell.acquire(blocking=False):
        thread = threading.Thread(target=_pull, args=(source.pk, source.slug), daemon=True)
        thread.start()
        thread.join(RING_SECONDS)


def _pull(pk: int, slug: str) -> None:
    try:
        sync_source.apply_async((pk,), expires=BELL_SECONDS, retry=False)
    except Exception as error:  # whatever a broker's client may raise, what is due is a row
        log.warning("nobody heard that %s is due: %s", slug, type(error).__name__)
    finally:
        _bell.release()
