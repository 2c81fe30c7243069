# The worker and every other command of ecs-updater. Builds with nothing but this repository; docs/supply-chain.md says how to fix
# what it is built on, and how to run it with less.

# A release names it with its digest: node:24-slim@sha256:…
ARG NODE_IMAGE=node:24-slim
# What it runs on: anything with glibc and this Node. Nothing below needs a shell there, or a file that can be written.
ARG RUNTIME_IMAGE=${NODE_IMAGE}

# What is made here is the same for every architecture, so it is made on the builder's own.
FROM --platform=${BUILDPLATFORM} ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
COPY bench bench
RUN npm run build

# Without optional packages: native code for what no command does. Of Temporal's connection, which comes for five platforms, one is kept.
FROM --platform=${BUILDPLATFORM} ${NODE_IMAGE} AS dependencies
ARG TARGETARCH
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts
COPY scripts scripts
RUN node scripts/keep-one-platform.js ${TARGETARCH}

# Temporal's connection reads the system's root certificates, which slim images lack.
FROM --platform=${BUILDPLATFORM} ${NODE_IMAGE} AS system
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates
RUN mkdir /commands && ln -s /app/bin/ecs-updater.js /commands/ecs-updater

FROM ${RUNTIME_IMAGE}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ecs-updater" \
  org.opencontainers.image.description="Keeps the operating system of Amazon ECS container instances up to date" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# Where images that have nothing but Node keep it.
ENV NODE_ENV=production PATH=${PATH}:/nodejs/bin
WORKDIR /app
COPY --from=system /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=system /commands /usr/local/bin
COPY package.json LICENSE THIRD-PARTY-NOTICES.txt ./
COPY bin bin
COPY deploy deploy
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# `node`, by number: an image without that name takes it, and so does Kubernetes' runAsNonRoot.
USER 1000:1000
# Metrics and health.
EXPOSE 9464 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ECS_UPDATER_HEALTH_PORT || 8080}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/ecs-updater.js"]
CMD ["worker"]
