#!/usr/bin/env python3
"""Holds the answers of productd against the description of the API that it serves itself.

  .venv/bin/python tests/tools/openapi_test.py build/release/bin

The argument is the directory of productd. The document is validated as OpenAPI 3.1; then a table of
requests is asked, and status, content type, header fields and body of each answer must be what the
document says of that operation. A status that the document promises and no row brings about is a
failure too, except for those of UNPROVOKED. Listens on loopback only.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_SECONDS = 30.0
REQUEST_TIMEOUT_SECONDS = 30.0
# "default" is for what any operation may be refused for, and a server that loads, is overloaded or
# has lost its disk is what other tests make.
UNPROVOKED = ("default", "503")

SAMPLE = {"product_id": 1, "sku": "ABC-123-XYZ", "manufacturer": "Acme Corporation",
          "category_id": 456, "weight": 1250, "some_other_id": 789}
DETAILS = "/products/1/details"
OTHER_TAG = '"fedcba9876543210"'

programs = Path()


def product(**changes: object) -> str:
    """The sample with these fields; one that is ... is left out."""
    return json.dumps({key: value for key, value in (SAMPLE | changes).items() if value is not ...})


def batch(*lines: str) -> str:
    return "".join(line + "\n" for line in lines)


class Row(NamedTuple):
    status: int
    method: str
    target: str
    body: Optional[str] = None
    # "OURS" in a value stands for the ETag of product 1.
    headers: dict = {}


# Each on a server that holds the sample as product 1.
ROWS = [
    Row(200, "GET", "/products/1"),
    Row(200, "HEAD", "/products/1"),
    Row(200, "GET", "/products/1", headers={"If-Match": "OURS", "If-None-Match": OTHER_TAG}),
    Row(304, "GET", "/products/1", headers={"If-None-Match": "W/OURS"}),
    Row(304, "HEAD", "/products/1", headers={"If-None-Match": "*"}),
    Row(412, "GET", "/products/1", headers={"If-Match": OTHER_TAG}),
    Row(412, "HEAD", "/products/1", headers={"If-Match": OTHER_TAG}),
    Row(400, "GET", "/products/1", headers={"If-Match": "x"}),
    Row(400, "GET", "/products/abc"),
    Row(400, "HEAD", "/products/0"),
    Row(404, "GET", "/products/999"),
    Row(404, "HEAD", "/products/999"),
    Row(204, "POST", DETAILS, product()),
    Row(204, "POST", DETAILS, product(), {"If-Match": "OURS"}),
    Row(204, "POST", DETAILS, product(product_id=..., weight=...)),
    Row(204, "POST", DETAILS, product(product_id=None, weight=None, more=[{}])),
    Row(204, "POST", DETAILS, product(sku="\u00e4" * 100, manufacturer="<&>" * 60)),
    Row(204, "POST", "/products/2147483647/details", product(product_id=0)),
    Row(412, "POST", DETAILS, product(), {"If-None-Match": "*"}),
    Row(412, "POST", DETAILS, product(), {"If-Match": OTHER_TAG}),
    Row(400, "POST", DETAILS, product(), {"If-None-Match": "x"}),
    Row(400, "POST", DETAILS, "not json"),
    Row(400, "POST", DETAILS, ""),
    Row(400, "POST", DETAILS, product(product_id=2)),
    Row(413, "POST", DETAILS, product() + " " * 65536),
    Row(400, "DELETE", "/products/-1"),
    Row(400, "DELETE", "/products/1", headers={"If-Match": '"'}),
    Row(412, "DELETE", "/products/1", headers={"If-Match": OTHER_TAG}),
    Row(204, "DELETE", "/products/1", headers={"If-Match": "OURS"}),
    Row(404, "DELETE", "/products/999"),
    Row(200, "GET", "/health"),
    Row(200, "GET", "/healthz"),
    Row(200, "GET", "/readyz"),
    Row(200, "GET", "/metrics"),
    Row(200, "GET", "/version"),
    Row(200, "GET", "/openapi.json"),
    Row(400, "POST", "/admin/backup"),
    # Answers of no operation.
    Row(404, "GET", "/nothing"),
    Row(405, "PUT", "/products/1", product()),
    Row(405, "GET", DETAILS),
    Row(405, "DELETE", "/health"),
    Row(400, "GET", "/products/%zz"),
    Row(414, "GET", "/" + "a" * 9000),
    Row(431, "GET", "/health", headers={"X": "a" * 17000}),
    Row(417, "GET", "/health", headers={"Expect": "x"}),
    Row(501, "BREW", "/health"),
]
# Bodies that break a rule of the schema.
BROKEN_PRODUCT_ROWS = [Row(400, "POST", DETAILS, product(**change)) for change in (
    {"sku": ...}, {"sku": ""}, {"sku": None}, {"sku": "s" * 101}, {"sku": 5}, {"manufacturer": ...},
    {"manufacturer": "m" * 201}, {"category_id": ...}, {"category_id": 0}, {"category_id": 2**31},
    {"weight": -1}, {"weight": 1.5}, {"weight": 2**31}, {"some_other_id": ...},
    {"some_other_id": "1"}, {"product_id": "1"}, {"product_id": -1})]

STREAM_ROWS = [
    Row(200, "GET", "/products"),
    Row(200, "GET", "/products?limit=1"),
    Row(200, "GET", "/products?limit=1000&after=2147483647"),
    Row(200, "GET", "/products", headers={"Accept": "application/x-ndjson"}),
    Row(400, "GET", "/products?limit=0"),
    Row(400, "GET", "/products?after=x"),
    Row(200, "POST", "/products/batch", batch(product(product_id=7), product(product_id=8))),
    Row(200, "POST", "/products/batch", batch("", product(product_id=...), "not json", "{}")),
    Row(200, "POST", "/products/batch", ""),
]
READ_ONLY_ROWS = [
    Row(403, "POST", DETAILS, product()),
    Row(403, "DELETE", "/products/1"),
    Row(403, "POST", "/products/batch", batch(product())),
    Row(200, "GET", "/readyz"),
]
FULL_TABLE_ROWS = [Row(503, "POST", DETAILS, product())]
BACKUP_ROWS = [Row(200, "POST", "/admin/backup")]


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: str


class Server:
    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, row: Row) -> Answer:
        connection = http.client.HTTPConnection(self.address, timeout=REQUEST_TIMEOUT_SECONDS)
        with contextlib.closing(connection):
            body = None if row.body is None else row.body.encode()
            connection.request(row.method, row.target, body, row.headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())


@contextlib.contextmanager
def running_productd(*flags: str, engine: str = "memory") -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        process = subprocess.Popen(
            [programs / "productd", "--http-listen", "127.0.0.1:0", "--ready-file", ready,
             "--storage-engine", engine, "--log-level", "error", "--drain-idle-ms", "0", *flags],
            cwd=folder)
        try:
            deadline = time.monotonic() + START_TIMEOUT_SECONDS
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("productd is not ready")
                time.sleep(0.01)
            yield Server(ready.read_text(encoding="utf-8").split()[0])
        finally:
            process.terminate()
            process.wait()


class Description:
    """The served document, and what it says about an answer."""

    def __init__(self, document: dict) -> None:
        self.document = document
        self.unseen = {(method, path, status)
                       for path, item in document["paths"].items()
                       for method, operation in item.items() if method != "parameters"
                       for status in operation["responses"] if status not in UNPROVOKED}
        resource = Resource(contents=document, specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:openapi", resource)

    def path_of(self, target: str) -> Optional[str]:
        """The described path of a target; one without a parameter goes before."""
        path = target.partition("?")[0]
        for pattern in sorted(self.document["paths"], key=lambda key: "{" in key):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]*", pattern), path):
                return pattern
        return None

    def resolve(self, part: dict) -> dict:
        if "$ref" not in part:
            return part
        found = self.document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def faults_of(self, value: object, schema: dict) -> list[str]:
        # A reference of the document is one of this resource.
        text = json.dumps(schema).replace('"#/', '"urn:openapi#/')
        validator = Draft202012Validator(json.loads(text), registry=self.registry)
        return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]

    def request_faults(self, row: Row) -> list[str]:
        content = self.document["paths"][self.path_of(row.target)][row.method.lower()]
        schema = content["requestBody"]["content"]["application/json"]["schema"]
        return self.faults_of(json.loads(row.body or ""), schema)

    def answer_faults(self, row: Row, answer: Answer) -> list[str]:
        path = self.path_of(row.target) or ""
        operation = self.document["paths"].get(path, {}).get(row.method.lower())
        if operation is None:
            response = self.document["components"]["responses"]["Refused"]
        else:
            responses = operation["responses"]
            status = str(answer.status)
            self.unseen.discard((row.method.lower(), path, status))
            response = self.resolve(responses.get(status, responses["default"]))
        return self.header_faults(response, answer) + self.body_faults(row, response, answer)

    def header_faults(self, response: dict, answer: Answer) -> list[str]:
        described = response.get("headers", {})
        faults = [f"{name} is not described" for name in ("ETag", "Retry-After", "Allow")
                  if name in answer.headers and name not in described]
        if answer.headers.get("Date") is None:
            faults.append("no Date")
        for name, reference in described.items():
            header = self.resolve(reference)
            value: object = answer.headers.get(name)
            if value is None:
                if header.get("required"):
                    faults.append(f"no {name}")
                continue
            if header["schema"].get("type") == "integer":
                value = int(str(value))
            faults += [f"{name}: {fault}" for fault in self.faults_of(value, header["schema"])]
        return faults

    def body_faults(self, row: Row, response: dict, answer: Answer) -> list[str]:
        if row.method == "HEAD":
            return []
        content = response.get("content", {})
        if not content:
            return [f"{name} without a body" for name in ("Content-Type", "Content-Length")
                    if name in answer.headers] + (["a body"] if answer.body else [])
        kind = answer.headers.get_content_type()
        if kind not in content:
            return [f"Content-Type {kind} is not described"]
        faults = [] if answer.body.endswith("\n") or kind != "application/json" else ["no \\n"]
        if kind == "application/json":
            faults += self.faults_of(json.loads(answer.body), content[kind]["schema"])
        for line in answer.body.splitlines() if "x-line-schema" in content[kind] else []:
            faults += self.faults_of(json.loads(line), content[kind]["x-line-schema"])
        return faults


class OpenApi(unittest.TestCase):
    def check(self, server: Server, description: Description, rows: list[Row]) -> None:
        for row in rows:
            with self.subTest(f"{row.method} {row.target[:60]} {str(row.body)[:200]} "
                              f"{str(row.headers)[:100]}"):
                put = server.ask(Row(204, "POST", DETAILS, product()))
                tag = put.headers.get("ETag", "")
                headers = {name: value.replace("OURS", tag) for name, value in row.headers.items()}
                answer = server.ask(row._replace(headers=headers))
                self.assertEqual(answer.status, row.status, answer.body)
                self.assertEqual(description.answer_faults(row, answer), [])
                if row.method == "POST" and row.target == DETAILS and row.status == 204:
                    self.assertEqual(description.request_faults(row), [])

    def test_is_a_valid_document_and_the_file_of_the_sources(self) -> None:
        with running_productd() as server:
            served = server.ask(Row(200, "GET", "/openapi.json")).body
            version = json.loads(server.ask(Row(200, "GET", "/version")).body)["version"]
        document = json.loads(served)
        validate(document)
        self.assertEqual(document["info"]["version"], version)
        file = (ROOT / "server/http/openapi.json").read_text(encoding="utf-8")
        self.assertEqual(document, json.loads(file.replace("@PROJECT_VERSION@", version)))
        compact = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(served, compact + "\n")

    def test_has_examples_that_its_schemas_accept(self) -> None:
        with running_productd() as server:
            document = json.loads(server.ask(Row(200, "GET", "/openapi.json")).body)
        description = Description(document)
        examples = [(schema["example"], schema)
                    for schema in document["components"]["schemas"].values() if "example" in schema]
        examples += [(media["example"], media["schema"])
                     for response in document["components"]["responses"].values()
                     for media in response.get("content", {}).values() if "example" in media]
        self.assertGreater(len(examples), 5)
        for example, schema in examples:
            self.assertEqual(description.faults_of(example, schema), [])

    def test_says_what_every_answer_is(self) -> None:
        with running_productd() as server:
            description = Description(json.loads(server.ask(Row(200, "GET", "/openapi.json")).body))
            self.check(server, description, ROWS + BROKEN_PRODUCT_ROWS + STREAM_ROWS)
        with running_productd("--http-read-only", "true") as server:
            self.check(server, description, READ_ONLY_ROWS)
        # Room for the empty table and one product, not for a second.
        with running_productd("--storage-max-table-bytes", "70000") as server:
            self.check(server, description, FULL_TABLE_ROWS)
        with running_productd("--storage-backup-dir", "backups", engine="lmdb") as server:
            self.check(server, description, BACKUP_ROWS)
        self.assertEqual(description.unseen, set(), "described, and no row brings it about")

    def test_refuses_for_a_product_what_the_server_refuses(self) -> None:
        with running_productd() as server:
            description = Description(json.loads(server.ask(Row(200, "GET", "/openapi.json")).body))
        for row in BROKEN_PRODUCT_ROWS:
            self.assertNotEqual(description.request_faults(row), [], row.body)


if __name__ == "__main__":
    programs = Path(sys.argv.pop(1)).resolve()
    unittest.main()
