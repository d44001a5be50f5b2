"""Every setting, in one frozen object read from the environment. Nothing below the app imports it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotation at run time
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tiebeam.kernel.errors import BadInputError
from tiebeam.store.embedded import default_root


class Settings(BaseSettings):
    """What can be set. Each field is the environment variable `TIEBEAM_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="TIEBEAM_", frozen=True, extra="ignore", validate_default=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 15 or later, as a URL whose role may create schemas and roles. "
        "Without it an embedded PostgreSQL is used.",
    )
    data: Path = Field(
        default_factory=lambda: default_root().parent,
        description="The folder of the embedded database and of the laptop's master key.",
    )
    postgres_bin: Path | None = Field(
        default=None,
        description="A folder with `postgres` and `initdb` for the embedded database: not the wheel's.",
    )
    postgres_fsync: bool = Field(
        default=True,
        description="Whether the embedded database waits for the disk. Off is quick, and a power cut may "
        "ruin the database: for a trial whose data may be lost.",
    )
    tenant: str = Field(
        default="default",
        pattern="^[a-z0-9](-?[a-z0-9])*$",
        description="The tenant (company) that commands act for.",
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="The key that seals credentials: 32 bytes in base64. Without it a key file is made "
        "in the data folder, readable by its owner alone.",
    )
    old_master_keys: SecretStr | None = Field(
        default=None,
        description="Former master keys, separated by commas, that can still open what they sealed.",
    )
    procore_environment: Literal["production", "sandbox", "monthly", "federal", "custom"] = Field(
        default="production", description="Which Procore to connect to."
    )
    procore_login_url: str | None = Field(
        default=None, description="The login host, for the environment `custom` (such as a simulator)."
    )
    procore_api_url: str | None = Field(
        default=None, description="The API host, for the environment `custom`."
    )
    procore_pages_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="Where people's browsers find Procore's own pages, for the environment `custom`: links "
        "lead there. Without it there are none.",
    )
    procore_client_id: str | None = Field(default=None, description="The client id of your Procore app.")
    procore_client_secret: SecretStr | None = Field(
        default=None, description="The client secret of your Procore app."
    )
    procore_tenants: str = Field(
        default="",
        description="The companies whose plan includes Procore: their short names, with commas between them. "
        "Without any, every company's does.",
    )
    monday_api_url: str = Field(
        default="https://api.monday.com/v2",
        pattern="^https?://",
        description="Where monday.com is asked; another address is that of a simulator.",
    )
    monday_token: SecretStr | None = Field(
        default=None,
        description="The token that `tiebeam connect monday` takes, in place of asking for it. It is sealed "
        "in the database then, and not needed here any more.",
    )
    monday_signing_secret: SecretStr | None = Field(
        default=None,
        description="The signing secret of your monday.com app, where the token is an app's: each of its "
        "webhooks must bear its signature then. A person's token has none.",
    )
    rate_limit: bool = Field(
        default=True,
        description="Whether the rate gate is on. Turn it off for a simulator without limits only.",
    )
    rate_hourly_max: int = Field(
        default=600, ge=1, description="Calls an hour, until Procore's headers say otherwise."
    )
    sweep_hours: float = Field(
        default=24.0, gt=0, description="How often every record is looked for again, to prove deletions."
    )
    recent_days: int = Field(
        default=14, ge=1, le=90, description="How many days of daily logs a routine sync reads again."
    )
    concurrency: int = Field(default=4, ge=1, le=32, description="How many listings are read side by side.")
    web_host: str = Field(
        default="127.0.0.1", description="The address that the web pages and webhooks are served at."
    )
    web_port: int = Field(default=8400, ge=0, le=65535, description="Its port; 0 takes a free one.")
    public_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="The address under which people's browsers reach the pages, such as "
        "https://tiebeam.example.com. Without it, TIEBEAM_WEB_HOST and TIEBEAM_WEB_PORT.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="The port at which a `tiebeam worker` or `tiebeam scheduler` that runs apart serves "
        "/healthz, /readyz and /metrics at TIEBEAM_WEB_HOST; 0 takes a free one. Without it, none is served.",
    )
    webhook_url: str | None = Field(
        default=None,
        pattern="^https?://",
        description="The public address under which Procore and monday.com can reach this server, such as "
        "https://tiebeam.example.com. Without it nothing is asked to deliver, and polling does it all.",
    )
    webhook_signing_key: SecretStr | None = Field(
        default=None,
        description="A key by which each delivery is signed besides (HMAC-SHA-256 of its body), for a relay "
        "that signs. Procore itself does not.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="The OpenID Connect provider that people may sign in with, such as "
        "https://login.example.com. Without it they sign in here, with a password.",
    )
    oidc_client_id: str | None = Field(default=None, description="The client id that the provider gave us.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Its client secret; without one, PKCE alone guards the sign-in."
    )
    oidc_groups: str = Field(
        default="",
        description="Which of the provider's groups has which role, such as "
        "`Tiebeam admins=tenant_admin, Project managers=office`; of several the first counts. Without any, "
        "only people who were added here come in.",
    )
    oidc_groups_claim: str = Field(
        default="groups", description="The claim in which the provider names somebody's groups."
    )
    oidc_email_trusted: bool = Field(
        default=False,
        description="Whether to believe the provider's e-mail addresses although it does not say that they "
        "are verified.",
    )
    worker_jobs: int = Field(
        default=8, ge=1, le=64, description="How many jobs one worker does side by side."
    )
    alert_urls: SecretStr | None = Field(
        default=None,
        description="Where alerts are told, besides the log: URLs of Apprise (mailto://, slack:// …) with "
        "spaces between them. Each may begin with the least severity told there: `critical=slack://…`; "
        "without one it is `warning`.",
    )
    alert_quiet_minutes: float = Field(
        default=5.0,
        ge=0,
        description="The least time between two alert messages of a channel; what is found meanwhile becomes "
        "one message. While something critical waits, a fifth of it.",
    )
    alert_private_addresses: bool = Field(
        default=False,
        description="Whether the channels that companies add themselves may lead to addresses that are not "
        "of the public internet: this machine's own network.",
    )
    push_folder: Path | None = Field(
        default=None,
        description="A folder that approved documents can be sent to: each is written there once, with its "
        "photos. Without it there is no such target.",
    )
    archive: Path | None = Field(
        default=None,
        description="The folder that old sync log is archived to. Without it, `archive` in the data folder.",
    )
    keep_log_days: int = Field(
        default=90, ge=1, description="Days that sync log is kept before it is archived."
    )
    keep_deliveries_days: int = Field(default=30, ge=1, description="Days that webhook deliveries are kept.")
    keep_alerts_days: int = Field(default=365, ge=1, description="Days that resolved alerts are kept.")
    keep_runs_days: int = Field(default=365, ge=1, description="Days that ended sync runs are kept.")
    keep_pulls_days: int = Field(
        default=30, ge=1, description="Days that ended pulls are kept, but for the last of each listing."
    )
    keep_firings_days: int = Field(default=90, ge=1, description="Days that the log of the rules is kept.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="What is logged to standard error."
    )

    @property
    def address(self) -> str:
        """Where people's browsers reach the pages, without a slash at its end."""
        return (self.public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")


def read_settings(**given: object) -> Settings:
    """Return the settings of this process, with those `given` by a command in place of the environment's.

    Raises BadInputError, which names each bad variable and never tells its value.
    """
    try:
        return Settings.model_validate(given) if given else Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"TIEBEAM_{fault['loc'][0]!s}".upper() + f": {fault['msg']}" for fault in error.errors()
        )
        raise BadInputError(
            f"The settings cannot be used: {faults}.",
            action="Correct these environment variables; docs/reference/settings.md lists them all.",
        ) from None
