"""What third parties make of the documents: `check.py FOLDER`, in which each document has its generated client."""

import importlib
import json
import pathlib
import re
import sys
import typing

import httpx


def answers(document: dict) -> list[tuple[str, str, str, str, dict]]:
    """(operation, status, content type, code, body) of each example."""
    return [
        (operation["operationId"], status, media_type, code, example["value"])
        for item in document["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        # Where there are several types, the generator reads the first.
        for media_type, content in list(response.get("content", {}).items())[:1]
        for code, example in content.get("examples", {}).items()
    ]


def check(folder: pathlib.Path, name: str) -> int:
    """Each example is read by the generated client, and nothing of it is lost."""
    document = json.loads((folder / f"{name}.json").read_text())
    client = importlib.import_module(f"{name}.client").Client(base_url="http://localhost")
    count = 0
    for operation, status, media_type, code, body in answers(document):
        module = importlib.import_module(f"{name}.api.default.{operation}")
        if not media_type.endswith(("/json", "/problem+json")):
            continue  # The generator reads no other type.
        response = httpx.Response(int(status), json=body)
        parsed = module._parse_response(client=client, response=response)
        assert parsed is not None, (operation, status, code)
        # The generated client writes UTC and fractions of a second in another way.
        text = json.dumps(parsed, default=lambda part: part.to_dict())
        again = json.loads(re.sub(r"(\.\d+?)0*\+00:00", r"\1Z", text).replace("+00:00", "Z"))
        assert again == body, (operation, status, code, again)
        count += 1
    return count


def unions(folder: pathlib.Path) -> None:
    """The type of an operation's result is the union of its codes, and of nothing else."""
    document = json.loads((folder / "mail.json").read_text())
    by_operation: dict[str, set[str]] = {}
    for operation, _, _, code, _ in answers(document):
        by_operation.setdefault(operation, set()).add(code)
    assert len(by_operation) == 3, by_operation
    for operation, codes in by_operation.items():
        module = importlib.import_module(f"mail.api.default.{operation}")
        result = typing.get_type_hints(module._parse_response)["return"]
        found = {code_of(model) for model in typing.get_args(result)} - {None}
        assert found == codes, (operation, found ^ codes)


def code_of(model: type) -> str | None:
    """The constant `code` of a generated class, or of the class of its member `error`."""
    models = vars(importlib.import_module("mail.models"))
    hints = typing.get_type_hints(model, localns=models) if model is not type(None) else {}
    error = hints.get("error")
    if isinstance(error, type):
        error = typing.get_type_hints(error, localns=models)["code"]
    return typing.get_args(error)[0] if error else None


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[1])
    sys.path.insert(0, str(where))
    for name in ["mail", "shapes", "shapes_inline"]:
        print(f"{name}: the generated client reads {check(where, name)} answers")
    unions(where)
