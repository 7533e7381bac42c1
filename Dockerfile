# The daemon in a container. Build: docker build -t fleet98 .
# Start: see deploy-scripts/compose.yaml, which says why it wants the host's network.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY src ./src
# `npm ci` builds dist as well: the package's prepare script does.
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production FLEET98_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY config ./config
COPY fixtures ./fixtures
COPY deploy-scripts/machine ./deploy-scripts/machine
RUN ln -s /app/dist/cli/main.js /usr/local/bin/fleet98 && chmod +x dist/cli/main.js \
  && install -d -o node -g node -m 0700 /data
VOLUME /data
USER node
EXPOSE 9898
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.FLEET98_HTTP_PORT || 9898}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["fleet98"]
CMD ["serve"]
