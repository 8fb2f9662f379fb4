#!/usr/bin/env python3
"""A reverse proxy that accepts only requests whose Signature Version 4 botocore computes as well.

usage: sigv4_judge.py PORT UPSTREAM

What arrived over the wire (method, target, headers, body) is what is judged: nothing is decoded and encoded again.
POST /__judge with JSON {"service", "region", "keys": {id: [secret, token or null]}, "aheadSeconds"} sets what is
valid; GET /__judge tells how many requests were accepted and refused, and why the last one was."""
import datetime
import hashlib
import hmac
import http.client
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PORT, UPSTREAM = int(sys.argv[1]), urlsplit(sys.argv[2])
SKEW_SECONDS = 300
STATE = {"service": "es", "region": "eu-west-1", "keys": {}, "aheadSeconds": 0}
SEEN = {"accepted": 0, "refused": 0, "why": ""}
AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$"
)


def now():
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=STATE["aheadSeconds"])


class Judge(botocore.auth.SigV4Auth):
    """botocore's own steps; only which headers are signed and the body's hash come from the request."""

    def __init__(self, credentials, scope, signed, sha):
        super().__init__(credentials, *scope)
        self.signed, self.sha = signed, sha

    def headers_to_sign(self, request):
        headers = botocore.auth.HTTPHeaders()
        for name, value in request.headers.items():
            if name.lower() in self.signed:
                headers[name.lower()] = value
        return headers

    def payload(self, request):
        return self.sha


def fault(method, target, pairs, body):
    """Why a request is refused; empty when it is accepted."""
    headers = {name.lower(): value for name, value in pairs}
    match = AUTHORIZATION.match(headers.get("authorization", ""))
    if not match:
        return "Missing Authentication Token"
    key, date, region, service, names, signature = match.groups()
    if key not in STATE["keys"]:
        return "The security token included in the request is invalid."
    secret, token = STATE["keys"][key]
    names = names.split(";")
    if names != sorted(names):
        return "SignedHeaders are not sorted"
    if (region, service) != (STATE["region"], STATE["service"]):
        return f"Credential should be scoped to a valid region and service, not {region}/{service}"
    if token is not None and headers.get("x-amz-security-token") != token:
        return "The security token included in the request is expired"
    unsigned = ({"host"} | {name for name in headers if name.startswith("x-amz-")}) - set(names)
    if unsigned:
        return f"Not signed: {sorted(unsigned)}"
    stamp = headers.get("x-amz-date", "")
    try:
        time = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return "Date must be in ISO-8601 'basic format'"
    if stamp[:8] != date:
        return "Date in Credential scope does not match"
    if abs((now() - time).total_seconds()) > SKEW_SECONDS:
        return f"Signature expired: {stamp} is too far from {now():%Y%m%dT%H%M%SZ}"
    sha = hashlib.sha256(body).hexdigest()
    claimed = headers.get("x-amz-content-sha256")
    if service == "aoss" and claimed is None:
        return "x-amz-content-sha256 is missing"
    if claimed is not None and claimed != sha:
        return "The provided 'x-amz-content-sha256' header does not match what was computed."
    request = AWSRequest(
        method=method,
        url="http://" + headers["host"] + target,
        data=body,
        headers={name: value for name, value in pairs if name.lower() != "authorization"},
    )
    request.context["timestamp"] = stamp
    judge = Judge(Credentials(key, secret, token), (service, region), set(names), sha)
    canonical = judge.canonical_request(request)
    wanted = judge.signature(judge.string_to_sign(request, canonical), request)
    if hmac.compare_digest(wanted, signature):
        return ""
    return "The request signature we calculated does not match. The Canonical String should have been\n" + canonical


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, body, headers=()):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def date_time_string(self, timestamp=None):
        return super().date_time_string(now().timestamp())

    def serve(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/__judge":
            if self.command == "POST":
                STATE.update(json.loads(body))
                SEEN.update(accepted=0, refused=0, why="")
            return self.answer(200, json.dumps(SEEN).encode())
        if self.headers.get("transfer-encoding"):
            why = "a body without a length"
            self.close_connection = True
        else:
            why = fault(self.command, self.path, list(self.headers.items()), body)
        if why:
            SEEN.update(refused=SEEN["refused"] + 1, why=why)
            text = json.dumps({"message": why}).encode()
            return self.answer(403, text, [("content-type", "application/json")])
        SEEN["accepted"] += 1
        node = http.client.HTTPConnection(UPSTREAM.hostname, UPSTREAM.port, timeout=120)
        passed = ("content-type", "content-encoding", "accept")
        headers = {name: value for name, value in self.headers.items() if name.lower() in passed}
        node.request(self.command, self.path, body or None, headers)
        found = node.getresponse()
        text = found.read()
        node.close()
        self.answer(found.status, text, [("content-type", found.getheader("content-type", "text/plain"))])

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = serve

    def log_message(self, *_):
        pass


ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
