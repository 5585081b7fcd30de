# One image for the API and the workers: the command decides which of them it is.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM packages AS dependencies
# Optional ones are left out too: npm counts tools among them that a dependency only knows of (vite, vitest, react).
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM packages AS program
# Nothing that a package brings runs by itself, so no compiler is needed either.
RUN npm ci --ignore-scripts
COPY vite.config.ts tsconfig.json ./
COPY src src
RUN node_modules/.bin/vite build && rm -r src/web

FROM ${NODE_IMAGE}
ENV NODE_ENV=production PORT=3000 LISTEN_ADDRESS=0.0.0.0 HEALTH_PORT=3001 HEALTH_ADDRESS=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY workers workers
COPY --from=program /app/src src
COPY --from=program /app/dist dist
# The last things that differ between two images, so that all of the above is built once for both.
ARG VERSION=
ARG COMMIT=
ENV COMMIT=${COMMIT}
LABEL org.opencontainers.image.title=bluesky-connect \
  org.opencontainers.image.licenses=MIT \
  org.opencontainers.image.version=${VERSION} \
  org.opencontainers.image.revision=${COMMIT}
USER node
EXPOSE 3000 3001
HEALTHCHECK --interval=10s --timeout=10s --start-period=300s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3001/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
