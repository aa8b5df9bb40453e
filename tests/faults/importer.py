"""One worker process that previews, then books one upload, and may be killed: python -m tests.faults.importer PK."""

import sys

import django


def main(pk: int) -> None:
    django.setup()
    from funders import tasks
    from funders.models import Upload

    tasks.preview_upload(pk)
    upload = Upload.objects.get(pk=pk)
    if upload.confirmed_at and upload.source_id:
        tasks.sync_source(upload.source_id)


if __name__ == "__main__":
    main(int(sys.argv[1]))
