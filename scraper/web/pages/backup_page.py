"""The page that moves everything to another computer: it makes a backup, and restores one."""

from hmac import compare_digest

from pydantic import SecretStr
from starlette.responses import Response

from scraper.errors import AurionError
from scraper.runs.backup_file import NAME, make_backup, open_backup, restore_backup
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import INVALID_FORM, PageRequest, attachment, get, post
from scraper.web.pages.setup_form import asks_passphrase, open_vaults


def show_backup(request: PageRequest) -> Response:
    """Show the form for a backup where there are accounts, and the one to restore it where there are none."""
    return _render(request)


def download_backup(request: PageRequest) -> Response:
    """Send the encrypted file."""
    passphrase = request.form.get("passphrase", "")
    if not compare_digest(passphrase.encode(), request.form.get("again", "").encode()):
        return _render(request, request.words("page.backup.differ"))
    try:
        stores = open_vaults(request.form.get("vault", ""), request.state.environment)
        return attachment(
            make_backup(request.config, stores).seal(SecretStr(passphrase)), NAME, "application/octet-stream"
        )
    except AurionError as error:
        return _render(request, *error_message(error, request.words))


def restore_upload(request: PageRequest) -> Response:
    """Restore the file of the form; if it fails, nothing is changed."""
    sealed = request.form.get("file", "").strip().encode()
    if not sealed:
        return _render(request, request.words("page.backup.no_file"))
    try:
        backup = open_backup(sealed, SecretStr(request.form.get("passphrase", "")))
        restore_backup(backup, request.config, open_vaults(request.form.get("vault", ""), request.state.environment))
    except AurionError as error:
        return _render(request, *error_message(error, request.words))
    return request.redirect("/accounts", done="restored")


def _render(request: PageRequest, *error: str) -> Response:
    return request.render(
        "backup.html", status=INVALID_FORM if error else 200, is_used=bool(request.config.account_names), wrong=error,
        asks_vault=asks_passphrase(request.state.environment),
    )  # fmt: skip


ROUTES = (get("/backup", show_backup), post("/backup", download_backup), post("/restore", restore_upload))
