"""FastAPI and pydantic, answering the same request with a constant.

`python bench/peers/gate_fastapi.py` prints its port, then answers.
"""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

NAME = "fastapi"
app = FastAPI()


class Entity(BaseModel):
    """A subject or a resource."""

    type: str
    id: str
    properties: dict[str, object] | None = None


class Action(BaseModel):
    """An action."""

    name: str
    properties: dict[str, object] | None = None


class Question(BaseModel):
    """A question of AuthZEN."""

    subject: Entity
    action: Action
    resource: Entity
    context: dict[str, object] | None = None


class Told(BaseModel):
    """An answer."""

    decision: bool


@app.post("/access/v1/evaluation")
async def evaluation(question: Question) -> Told:
    """Answer always the same."""
    del question
    return Told(decision=True)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as opened:
        print(opened.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", access_log=False, log_config=None
        )
        uvicorn.Server(config).run(sockets=[opened])
