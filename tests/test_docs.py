"""The documentation tells the truth."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from replate_server.operations.compliance import comply
from replate_server.settings import described

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_every_setting_is_described() -> None:
    assert described() in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if not link.startswith("http") and not (page.parent / link).exists()]
    assert not broken


def test_the_example_of_a_model_complies() -> None:
    page = (ROOT / "docs" / "adding-a-model.md").read_text(encoding="utf-8")
    example = page.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, Any] = {}
    exec(example, names)
    comply(names["Negative"], {})


@pytest.mark.parametrize(("host", "folder"), [("nuke", "nuke_plugin"), ("blender", "blender_addon")])
def test_what_a_hosts_page_quotes_is_in_the_code(host: str, folder: str) -> None:
    """Labels in bold, environment variables, and the sentences of its table, "…" for what varies in them."""
    page = (ROOT / "docs" / f"{host}.md").read_text(encoding="utf-8")
    labels = [bold for bold in re.findall(r"\*\*(.+?)\*\*", page) if not re.search(r"(:|[^.]\.)$", bold)]
    table = page.split("## What it says, and what to do\n", 1)[1].split("\n## ", 1)[0]
    sentences = [part.strip() for said in re.findall(r"^\| `(.+?)`", table, re.MULTILINE) for part in said.split("…")]
    assert len(labels) > 30 and len(sentences) > 10
    quoted = {*labels, *sentences, *re.findall(r"REPLATE_\w+", page)}
    texts = [text for name in (folder, "client", "server") for text in _texts(ROOT / name)]
    assert not sorted(said for said in quoted if not any(said in text for text in texts))


def _texts(folder: Path) -> list[str]:
    """All texts that Python files say, those between braces left out."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in folder.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
