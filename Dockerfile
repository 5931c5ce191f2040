# Finds names in text that it is given on stdin or in mounted files; it needs no network.
#
#   python -m build && docker build --tag window-ner .
#   echo "Angela Merkel left." | docker run --rm -i --network none window-ner predict --input -
#
# Alpine, because Debian's image of Python alone has more than 120 MB.
FROM python:3.13-alpine AS build
COPY dist/*.whl /tmp/
RUN python -m venv --without-pip /app \
    && pip --python /app/bin/python install --no-cache-dir --no-compile --only-binary :all: /tmp/*.whl \
    && find /app -type d -name tests -prune -exec rm -r {} +

FROM python:3.13-alpine
RUN pip uninstall --yes pip && adduser -D -H tagger
COPY --from=build /app /app
USER tagger
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["window-ner"]
CMD ["--help"]
