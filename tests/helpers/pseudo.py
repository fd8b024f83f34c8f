"""A language made of the English texts in brackets: what stands outside them on a page was forgotten."""

import json
import re

from google.protobuf.descriptor import FieldDescriptor
from streamlit.testing.v1.element_tree import Dataframe, Table

from chromasonic.languages import Language, extraction

ROOT = extraction.ROOT
CODE = "de"  # whose dates and numbers it has
OPEN, CLOSE = "⟦", "⟧"
NO_TEXT = {  # fields of Streamlit's elements that nobody reads
    "id", "key", "user_key", "form_id", "url", "icon", "format", "format_str", "language", "file_name", "columns",
    "element_hash", "page_script_hash", "delta_path", "class_list", "active_script_hash", "url_pathname", "mime_type",
    "fragment_id", "image", "query_param_key", "elementFlex", "column_order", "component_id", "component_name",
    "html_content", "css_content", "js_content", "accept", "type", "args", "shortcut", "value", "config",
    "section_header", "page", "uuid",
}  # fmt: skip
DRAWN = {"text", "hovertemplate", "customdata", "ticktext"}  # what is read in a chart


def pseudo_language():
    texts, forms = {}, {}
    for entry in extraction.entries():
        if isinstance(entry.id, tuple):
            forms[entry.id] = tuple(f"{OPEN}{form}{CLOSE}" for form in entry.id)
        else:
            texts["", entry.id] = f"{OPEN}{entry.id}{CLOSE}"
    messages = tuple(("", entry.id) for entry in extraction.entries() if entry.note == "message")
    return Language(CODE, texts, forms, messages, separators={ord(","): ".", ord("."): ","}, locale=CODE)


def outside(text):
    """What of `text` stands outside all brackets."""
    kept, depth = [], 0
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        if depth == 0 and sign != CLOSE:
            kept.append(sign)
    return "".join(kept)


def texts_of(page):
    """Every text of an AppTest page that somebody reads, sees when pointing at it, or hears from a screen reader."""
    for element in [*page.main, *page.sidebar]:
        yield from _texts_in(element)


def _texts_in(block):
    proto = getattr(block, "proto", None)
    if proto is not None and hasattr(proto, "DESCRIPTOR"):
        yield from _strings(proto)
    for child in getattr(block, "children", {}).values():
        yield from _texts_in(child)
    table = block.value if isinstance(block, Dataframe | Table) else None
    if table is not None:
        yield from map(str, table.columns)
        for column in table.columns:
            yield from {value for value in table[column] if isinstance(value, str)}


def _strings(proto):
    for field, value in proto.ListFields():
        if field.name in NO_TEXT:
            continue
        values = [value] if isinstance(value, str | bytes) or not hasattr(value, "__len__") else list(value)
        if field.type == FieldDescriptor.TYPE_STRING:
            for text in values:
                yield from _drawn(text)
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in values:
                if hasattr(one, "ListFields"):
                    yield from _strings(one)


def _drawn(text):
    """The text itself, or those in a chart."""
    if not text.startswith("{"):
        if not text.startswith(("<script", "<style")) and not re.fullmatch("[0-9a-f]{32}", text):
            yield text
        return
    try:
        data = json.loads(text)
    except ValueError:
        yield text
        return
    yield from _in_json(data, is_text=False)


def _in_json(value, is_text):
    if isinstance(value, str) and is_text:
        yield re.sub(r"<[^>]*>|%\{[^}]*\}", " ", value)
    elif isinstance(value, list):
        for one in value:
            yield from _in_json(one, is_text)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _in_json(one, name in DRAWN)
