# syntax=docker/dockerfile:1
# The service, without anything to build, test or develop it with. scripts/image/build.sh says what goes in.
#
#   docker build -t plyr .                   with ffmpeg, which copyright scans need
#   docker build -t plyr-api --target api .  without it, 500 MB smaller: enough for a process that scans nothing

FROM node:24-bookworm-slim AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
COPY packages/docket/package.json packages/docket/
COPY packages/backend/package.json packages/backend/
COPY packages/web/package.json packages/web/
COPY packages/dev/package.json packages/dev/
# Not packages/dev: it would bring the PDS to develop against.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --include-workspace-root -w @plyr/docket -w @plyr/backend -w @plyr/web
COPY . .
RUN --mount=type=cache,target=/root/.npm sh scripts/image/build.sh /app

FROM node:24-bookworm-slim AS api
# As process 1 Node would have to reap what ffmpeg leaves behind, and to be sent signals that the kernel keeps from it.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app ./
# Where a folder is mounted instead, it must belong to this user.
RUN mkdir /data /files && chown node:node /data /files
VOLUME /data
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
USER node
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "packages/backend/dist/bin/serve.js"]

FROM api AS service
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/*
USER node
