# One image for the five services; the command picks one: node dist/services/<name>/src/main.js
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY libs libs
COPY services services
COPY tools tools
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY services/playback/web services/playback/web
USER node
ARG SERVICE=playback
ENV SERVICE=${SERVICE}
# exec, so that the service itself gets SIGTERM and drains.
CMD ["sh", "-c", "exec node dist/services/${SERVICE}/src/main.js"]
