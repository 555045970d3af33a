# Both programs in one image: `coordinator` and `worker` are on PATH. Not root, nothing written but to /tmp.
#
#   docker build -t migration:0.1.0 .
#
# .NET comes from the archive of BASE_IMAGE's distribution. With images that have it already, such as Microsoft's (the
# chiseled ones are the smallest and have no shell): --build-arg SDK_IMAGE=... --build-arg RUNTIME_IMAGE=...
ARG BASE_IMAGE=ubuntu:26.04
ARG SDK_IMAGE=sdk
ARG RUNTIME_IMAGE=runtime

FROM ${BASE_IMAGE} AS sdk
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates dotnet-sdk-10.0 && rm -rf /var/lib/apt/lists/*

FROM ${BASE_IMAGE} AS runtime
RUN apt-get update && apt-get install -y --no-install-recommends aspnetcore-runtime-10.0 ca-certificates && rm -rf /var/lib/apt/lists/*

FROM ${SDK_IMAGE} AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
# Packages first: they change less often than the code, and are then taken from the cache.
COPY .editorconfig Directory.Build.props Directory.Packages.props global.json ./
COPY Contracts/Contracts.csproj Contracts/packages.lock.json Contracts/
COPY Worker/Worker.csproj Worker/packages.lock.json Worker/
COPY Coordinator/Coordinator.csproj Coordinator/packages.lock.json Coordinator/
RUN dotnet restore Coordinator --locked-mode --use-current-runtime -p:PublishReadyToRun=true
COPY Contracts/ Contracts/
COPY Worker/ Worker/
COPY Coordinator/ Coordinator/
# The worker comes along as a program of its own, of the same build. Compiled ahead: a start costs half, and the first
# thousands of records of every pod do.
RUN dotnet publish Coordinator -c Release --no-restore -o /app -p:PublishDocumentationFiles=false --use-current-runtime --self-contained false -p:PublishReadyToRun=true

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="migration" \
      org.opencontainers.image.description="Moves MongoDB and Amazon DocumentDB collections into PostgreSQL" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app/ /app/
COPY LICENSE /app/
ENV PATH=/app:$PATH HOME=/tmp
USER 10001:10001
WORKDIR /tmp
CMD ["coordinator", "--help"]
