"""`replate models`: what the server can do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from replate.agent.catalog_json import catalog_as_json
from replate.catalog import Catalog, Model
from replate.cli.console import print_json, results
from replate.cli.options import Json, Server, Token
from replate.connection import connect
from replate.errors import NotFound
from replate.values import Parameter, ParameterType


def models(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="An operation or a model; empty for all.")] = "",
    server: Server = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Lists operations and models, their licences and parameters, and what is missing."""
    with connect(server, token) as client:
        catalog = client.catalog()
    chosen = [model for model in catalog.models if name in ("", model.operation, model.name)]
    if not chosen:
        raise NotFound(f'There is no operation or model "{name}": `replate models` lists those there are.')
    if as_json:
        whole = catalog_as_json(catalog)
        names = {model.name for model in chosen}
        operations = {model.operation for model in chosen}
        print_json(
            {
                **whole,
                "operations": [each for each in whole["operations"] if each["name"] in operations],
                "models": [each for each in whole["models"] if each["name"] in names],
            }
        )
        return
    results().print(_table(catalog, chosen))
    for model in chosen if name else []:
        results().print()
        results().print(_parameters(catalog, model))
        if model.needs:
            results().print(f"needs: {escape(', '.join(model.needs))}")
        if model.wording:
            results().print(f"prompt: {escape(' '.join(model.wording))}")
        if model.presets:
            results().print()
            results().print(_presets(model))


def _table(catalog: Catalog, chosen: list[Model]) -> Table:
    caption = "* is taken where a job names no model"
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim", caption=caption, caption_justify="left")
    for column in ("model", "state", "weights", "licence", "what it does"):
        table.add_column(column, no_wrap=column in ("model", "weights"))
    for model in chosen:
        default = " [dim]*" if catalog.operation(model.operation).default_model == model.name else ""
        missing = sum(weight.bytes for weight in model.weights if not weight.present)
        table.add_row(
            escape(model.name) + default,
            "[green]ready" if model.available else f"[red]{escape(model.unavailable_reason)}",
            _weights(model, missing),
            escape(model.licence),
            escape(model.tooltip),
        )
    return table


def _weights(model: Model, missing: int) -> str:
    if not model.weights:
        return "[dim]none"
    return f"[yellow]{missing / 1e6:.0f} MB to fetch" if missing else "[green]here"


def _parameters(catalog: Catalog, model: Model) -> Table:
    table = Table(
        box=None, pad_edge=False, padding=(0, 2), header_style="dim", title=escape(model.name), title_justify="left"
    )
    for column in ("parameter", "takes", "default", "what it does"):
        table.add_column(column)
    for parameter in (*catalog.operation(model.operation).parameters, *model.parameters):
        default = "" if parameter.type is ParameterType.PROMPTS else escape(str(parameter.default))
        table.add_row(escape(parameter.name), escape(_takes(parameter)), default, escape(parameter.tooltip))
    return table


def _presets(model: Model) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    for column in ("preset", "sets", "what it does"):
        table.add_column(column)
    for preset in model.presets:
        values = ", ".join(f"{name}={value}" for name, value in preset.values.items())
        table.add_row(escape(preset.name), escape(values), escape(preset.tooltip))
    return table


def _takes(parameter: Parameter) -> str:
    if parameter.type is ParameterType.CHOICE:
        return " | ".join(parameter.choices)
    if parameter.type is ParameterType.FLAG:
        return "true | false"
    if parameter.type is ParameterType.PROMPTS:
        return "--click, --no-click, --box"
    bounds = [f"{bound:g}" if bound is not None else "" for bound in (parameter.minimum, parameter.maximum)]
    return f"{bounds[0]} to {bounds[1]}".strip() if any(bounds) else parameter.type.value
