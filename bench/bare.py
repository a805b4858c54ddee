"""A FastAPI route that does nothing: what every figure is measured against."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def answer() -> dict[str, str]:
    """Answer the least that FastAPI can."""
    return {"status": "ok"}
