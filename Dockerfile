FROM python:3.11-slim AS build

WORKDIR /src
COPY requirements-uv.lock requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-uv.lock \
    && uv venv /opt/nianbao \
    && uv pip sync --no-cache --python /opt/nianbao --require-hashes requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app ./app
RUN uv pip install --no-cache --python /opt/nianbao --no-deps .


FROM python:3.11-slim

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin nianbao \
    && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/nianbao /opt/nianbao

# The service listens on every address of the container, and answers nobody without a token.  The first one:
# docker exec CONTAINER nianbao token issue --role administrator --holder NAME
ENV PATH="/opt/nianbao/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    NIANBAO_HOST=0.0.0.0 \
    NIANBAO_DATABASE_URL=sqlite:////data/nianbao.db

USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["nianbao", "health"]

# Without a shell in between, SIGTERM reaches the service, which answers what it has begun and ends.
CMD ["nianbao", "serve"]
