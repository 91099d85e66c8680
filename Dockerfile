# First stage: the wheel, with the admin's assets (the build fetches Node from the Python index by itself).
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
COPY requirements.lock /tmp/
COPY --from=build /wheels /tmp/wheels
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock \
    && pip install --no-cache-dir --no-index --no-deps /tmp/wheels/*.whl \
    && rm -rf /tmp/wheels /tmp/requirements.lock \
    && useradd --system --uid 10001 --home-dir /data newsroom \
    && install -d -o newsroom -g newsroom /data
USER newsroom
VOLUME /data
ENV NEWSROOM_DATA_DIR=/data PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["newsroom", "up", "--host", "0.0.0.0"]
