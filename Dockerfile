# The image of the site: web server, worker, clock and migration run from it, see docker-compose.yml.
FROM python:3.13.12-slim-bookworm AS packages

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/
RUN /opt/venv/bin/pip install --require-hashes --requirement /tmp/requirements.txt


FROM python:3.13.12-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=icrtop.settings.production \
    VAR_DIR=/srv/icrtop/var

RUN groupadd --system --gid 10001 icrtop \
    && useradd --system --uid 10001 --gid icrtop --no-create-home --shell /usr/sbin/nologin icrtop \
    && install --directory --owner icrtop --group icrtop /srv/icrtop/var /srv/icrtop/var/media \
    && install --directory --owner icrtop --group icrtop --mode 700 /srv/icrtop/var/private
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/icrtop
COPY . .
# Only to load the settings; nothing of it stays in the image.
RUN SECRET_KEY=build ALLOWED_HOSTS=localhost python manage.py collectstatic --noinput

USER icrtop
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=15s --start-period=60s \
    CMD ["python", "icrtop/healthcheck.py", "http://127.0.0.1:8000/healthz"]
CMD ["gunicorn", "icrtop.wsgi", "--bind", "0.0.0.0:8000", "--preload", "--workers", "3", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--limit-request-line", "0", "--access-logfile", "-"]
