"""Commands about alerts: try the channels, and look at what was sent."""

from __future__ import annotations

from typing import Annotated

import typer

from nba_local.cli.options import DataDir, Json, command, opened

app = typer.Typer(no_args_is_help=True, help="Try where alerts go; list those of a data folder.")


@app.command("test")
def try_out(
    tier: Annotated[
        str, typer.Option("--tier", metavar="TIER", help="critical, warning or info.")
    ] = "info",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Send a message to every channel of a tier, and say what became of it."""
    from nba_local.alerts import messages
    from nba_local.alerts.send import send
    from nba_local.config import alert_settings
    from nba_local.errors import UsageError

    with command("alerts test", as_json=as_json) as report:
        project = opened(data=data)
        if tier not in messages.TIERS:
            raise UsageError.unknown("tier", tier, messages.TIERS)
        text = "A test, typed by a person: nothing is wrong."
        message = messages.Message(tier, f"test {tier}", f"[nba_local {tier.upper()}] test", text)
        sent = send(alert_settings(), project.store.root, message, is_said=False)
        for delivery in sent.deliveries:
            report.say(
                f"{'ok  ' if delivery.is_ok else 'fail'}  {delivery.channel}: {delivery.said}"
            )
        if sent.is_limited:
            report.say("not sent: the category had its share of this hour")
        elif not sent.deliveries:
            report.say(f"no channel is configured for {tier}: see .env.example")
        report.document("alerts test", sent)
    if any(not delivery.is_ok for delivery in sent.deliveries):
        raise typer.Exit(1)


@app.command("list")
def listed(
    data: DataDir = None,
    limit: Annotated[int, typer.Option("--limit", help="Alerts to show.", min=1)] = 20,
    as_json: Json = False,
) -> None:
    """List the newest alerts of a data folder."""
    from nba_local.alerts.send import listed as newest

    with command("alerts list", as_json=as_json) as report:
        found = newest(opened(data=data).store.root, limit)
        report.table(
            ("sent (UTC)", "subject", "channels"),
            (
                (
                    one["sent_at"][:19].replace("T", " "),
                    one["subject"],
                    "held back: its category had its share"
                    if one["is_limited"]
                    else one["channels"],
                )
                for one in found
            ),
        )
        report.document("alerts list", found)
